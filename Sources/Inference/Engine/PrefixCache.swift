import SafeIO

/// Which tokens the pages of a prompt hold, and what computed them.
///
/// One key a whole page: the SHA-256 of the key before and of the page's tokens, the first one after a hash
/// of everything that keys and values depend on. No name takes part: an adapter that is replaced under its
/// name has other keys.
struct PrefixKeys {
  private let pageTokens: Int
  private(set) var keys: [String] = []
  private var last: String

  /// The keys of nothing yet.
  ///
  /// - Parameters:
  ///   - identity: Hashes of the base, the adapter and the arithmetic, and the salt.
  ///   - pageTokens: Tokens of a page.
  init(identity: [String], pageTokens: Int) {
    self.pageTokens = pageTokens
    // A length before each, so that no two lists read the same.
    let text = identity.map { "\($0.utf8.count):\($0)" }.joined()
    last = FileHash.sha256(of: Array(text.utf8))
  }

  /// Adds the keys of whole pages that `tokens` fill, those that are known already excepted.
  mutating func extend(over tokens: some RandomAccessCollection<Int>) {
    while (keys.count + 1) * pageTokens <= tokens.count {
      let start = tokens.index(tokens.startIndex, offsetBy: keys.count * pageTokens)
      let end = tokens.index(start, offsetBy: pageTokens)
      var hash = StreamHash()
      Array(last.utf8).withUnsafeBytes { hash.add($0) }
      tokens[start..<end].map { Int64($0).littleEndian }.withUnsafeBytes { hash.add($0) }
      last = hash.finish()
      keys.append(last)
    }
  }
}

/// Pages of keys and values that may be used again, the least recently used forgotten first.
final class PrefixCache {
  private struct Entry {
    let page: PageID
    let depth: Int
    var usedAt: UInt64
  }

  private static let spare = 15
  private let pool: KeyValuePool
  private let isEnabled: Bool
  private var entries: [String: Entry] = [:]
  private var clock: UInt64 = 0

  /// - Parameters:
  ///   - pool: Where the pages are.
  ///   - isEnabled: Off, nothing is ever kept.
  init(_ pool: KeyValuePool, isEnabled: Bool) { (self.pool, self.isEnabled) = (pool, isEnabled) }

  /// How many pages are kept.
  var count: Int { entries.count }

  /// The pages of the longest beginning that is known, of at most `limit` pages.
  func pages(_ keys: [String], limit: Int) -> [PageID] {
    clock += 1
    var pages: [PageID] = []
    for key in keys.prefix(limit) {
      guard let entry = entries[key] else { break }
      entries[key]?.usedAt = clock
      pages.append(entry.page)
    }
    return pages
  }

  /// Whether the page with this key is known.
  func contains(_ key: String) -> Bool { entries[key] != nil }

  /// Keeps the first `count` pages of a sequence, which are whole and will not change.
  func insert(_ keys: [String], of sequence: PagedSequence, count: Int) {
    guard isEnabled else { return }
    clock += 1
    for (depth, key) in keys.prefix(count).enumerated() {
      if entries[key] == nil {
        pool.retain(sequence.pages[depth])
        entries[key] = Entry(page: sequence.pages[depth], depth: depth, usedAt: clock)
      } else {
        entries[key]?.usedAt = clock
      }
    }
  }

  /// Forgets pages until the pool has `count` free ones, and a few more, so that it need not look again for
  /// each; those that a sequence holds stay.
  func makeRoom(_ count: Int) {
    guard pool.freePages < count else { return }
    let idle = entries.filter { pool.holders(of: $0.value.page) == 1 }
      .sorted {
        // A beginning must outlive what follows it: without it, that cannot be found. The page's number
        // decides between equals.
        ($0.value.usedAt, -$0.value.depth, $0.value.page)
          < ($1.value.usedAt, -$1.value.depth, $1.value.page)
      }
    for (key, entry) in idle {
      guard pool.freePages - Self.spare < count else { return }
      entries[key] = nil
      pool.release(entry.page)
    }
  }

  /// Forgets every page that no sequence holds.
  func clear() { makeRoom(pool.pageCount) }
}
