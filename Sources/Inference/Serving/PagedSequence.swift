import TensorCore

/// The pages that hold the keys and values of one sequence.
///
/// Copies of a beginning share its pages; a page that is shared is copied before it is written to.
package final class PagedSequence {
  package let pool: KeyValuePool
  /// In the order of the positions; each is held once by this sequence.
  package private(set) var pages: [PageID]
  /// Positions whose keys and values are there: the position of the next token.
  package private(set) var length: Int

  /// A sequence of nothing.
  package init(_ pool: KeyValuePool) { (self.pool, pages, length) = (pool, [], 0) }

  /// The sequence whose first `length` positions are in these pages, which it holds once more.
  package init(_ pool: KeyValuePool, sharing pages: some Sequence<PageID>, length: Int) {
    (self.pool, self.pages, self.length) = (pool, Array(pages), length)
    require(
      length >= 0 && length <= self.pages.count * pool.pageTokens,
      "PagedSequence: \(length) positions in \(self.pages.count) pages")
    for page in self.pages { pool.retain(page) }
  }

  deinit { for page in pages { pool.release(page) } }

  /// Positions that there is room for.
  package var capacity: Int { pages.count * pool.pageTokens }

  /// How many free pages room for `count` more positions takes.
  package func pagesNeeded(for count: Int) -> Int {
    let wanted = (length + count + pool.pageTokens - 1) / pool.pageTokens
    let copied = count > 0 ? sharedPages(from: length / pool.pageTokens, upTo: wanted) : 0
    return max(0, wanted - pages.count) + copied
  }

  /// Makes room for `count` more positions in pages that are this sequence's alone.
  ///
  /// - Returns: False if the pool has too few free pages; then nothing has changed.
  package func reserve(_ count: Int) -> Bool {
    guard pagesNeeded(for: count) <= pool.freePages else { return false }
    guard count > 0 else { return true }
    let first = length / pool.pageTokens
    let wanted = (length + count + pool.pageTokens - 1) / pool.pageTokens
    for index in first..<min(max(wanted, first), pages.count)
    where pool.holders(of: pages[index]) > 1 {
      guard let copy = pool.copy(pages[index]) else { return false }
      pool.release(pages[index])
      pages[index] = copy
    }
    while pages.count < wanted {
      guard let page = pool.allocate() else { return false }
      pages.append(page)
    }
    return true
  }

  /// The first `count` positions, in the same pages.
  package func fork(prefix count: Int) -> PagedSequence {
    require(count <= length, "PagedSequence: prefix \(count) of \(length)")
    let shared = (count + pool.pageTokens - 1) / pool.pageTokens
    return PagedSequence(pool, sharing: pages.prefix(shared), length: count)
  }

  /// Forgets all but the first `count` positions, and lets go of pages that are not needed for them.
  package func truncate(to count: Int) {
    require(count >= 0, "PagedSequence: truncate to \(count)")
    guard count <= length else { return }
    length = count
    let kept = (count + pool.pageTokens - 1) / pool.pageTokens
    for page in pages.suffix(from: min(kept, pages.count)) { pool.release(page) }
    pages.removeLast(max(0, pages.count - kept))
  }

  /// Lets go of all pages.
  package func release() { truncate(to: 0) }

  /// Counts positions that a step has written.
  func advance(by count: Int) {
    length += count
    require(length <= capacity, "PagedSequence: \(length) positions, room for \(capacity)")
  }

  private func sharedPages(from first: Int, upTo wanted: Int) -> Int {
    guard first < min(wanted, pages.count) else { return 0 }
    return (first..<min(wanted, pages.count)).count { pool.holders(of: pages[$0]) > 1 }
  }
}
