import Foundation
import ModelFiles
import TensorCore

/// The number of a page of a pool.
package typealias PageID = Int32

/// Keys and values of all sequences, in pages of equal size that are handed out and counted.
///
/// A page holds the keys and values of `pageTokens` consecutive positions in every layer; position `p` of a
/// sequence is in its page `p / pageTokens`. The address space of all pages is reserved at once; memory is taken as
/// pages are written. Not safe to use from several threads: the one that runs the engine owns it.
package final class KeyValuePool {
  /// Positions in a page.
  package static let pageTokens = 32

  /// Pages that there are.
  package let pageCount: Int
  /// Bytes of a page.
  package let pageBytes: Int
  let layout: PageLayout

  private let memory: UnsafeMutableRawPointer
  private let memoryBytes: Int
  private var references: [Int32]
  /// Pages nobody holds, the next one last; the lowest are used first, so that few are ever touched.
  private var free: [PageID]

  /// A pool of pages for at least `tokens` positions.
  init(tokens: Int, layout: PageLayout) {
    let pages = max(1, (max(tokens, 1) + Self.pageTokens - 1) / Self.pageTokens)
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: layout.pageBytes)
    require(
      !overflow && pages <= Int(Int32.max), "KeyValuePool: \(tokens) tokens of \(layout.pageBytes)")
    guard
      let start = mmap(
        nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      start != MAP_FAILED
    else { fatalError("Out of memory: no address space for \(bytes) bytes of keys and values.") }
    (pageCount, pageBytes, memory, memoryBytes) = (pages, layout.pageBytes, start, bytes)
    self.layout = layout
    references = [Int32](repeating: 0, count: pages)
    free = (0..<PageID(pages)).reversed()
  }

  deinit { munmap(memory, memoryBytes) }

  /// Positions in a page.
  package var pageTokens: Int { Self.pageTokens }
  /// Pages that nobody holds.
  package var freePages: Int { free.count }
  /// Bytes of the keys and values of one position.
  package var bytesPerToken: Int { layout.bytesPerToken }

  /// A page that the caller holds once; nil when there is none.
  package func allocate() -> PageID? {
    guard let page = free.popLast() else { return nil }
    references[Int(page)] = 1
    return page
  }

  /// Holds a page once more.
  package func retain(_ page: PageID) {
    require(references[Int(page)] > 0, "KeyValuePool: page \(page) is free")
    references[Int(page)] += 1
  }

  /// Lets go of a page; the last one to do so frees it.
  package func release(_ page: PageID) {
    require(references[Int(page)] > 0, "KeyValuePool: page \(page) is free")
    references[Int(page)] -= 1
    if references[Int(page)] == 0 { free.append(page) }
  }

  /// How often a page is held.
  package func holders(of page: PageID) -> Int { Int(references[Int(page)]) }

  /// Gives the memory of all free pages back to the system.
  package func trim() {
    for page in free { madvise(pointer(page), pageBytes, Int32(MADV_DONTNEED)) }
  }

  /// Where a page begins.
  func pointer(_ page: PageID) -> UnsafeMutableRawPointer { memory + Int(page) * pageBytes }

  /// A page with the contents of `page`, held once; nil when there is none.
  func copy(_ page: PageID) -> PageID? {
    guard let new = allocate() else { return nil }
    pointer(new).copyMemory(from: pointer(page), byteCount: pageBytes)
    return new
  }
}

/// Where the parts of a page are: for each layer and key head its keys, a row a dimension, then its values, a row a
/// position.
struct PageLayout: Sendable, Equatable {
  let layers: Int
  let keyValueHeads: Int
  let head: Int
  /// Bytes of a number: 2 for f16, 4 for f32.
  let numberBytes: Int

  /// Numbers in the keys and the values of a head; rows of values are whole vectors.
  var partCount: Int { KeyValuePool.pageTokens * (head + (head + 15) / 16 * 16) }

  /// Whole pages of the system, so that each can be given back.
  var pageBytes: Int {
    (partCount * numberBytes * keyValueHeads * layers + 4095) / 4096 * 4096
  }

  /// Bytes of the keys and values of one position.
  var bytesPerToken: Int { pageBytes / KeyValuePool.pageTokens }

  /// The offset of a head's keys in a page, in bytes; its values follow.
  func offset(layer: Int, head index: Int) -> Int {
    partCount * numberBytes * (layer * keyValueHeads + index)
  }
}
