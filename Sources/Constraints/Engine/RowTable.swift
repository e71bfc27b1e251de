/// Rows of 256 next states each, in memory that a walk reads without checks.
final class RowTable {
  private(set) var cells: UnsafeMutablePointer<Int32>
  private var capacity: Int
  private(set) var count = 0

  init() {
    capacity = 16
    cells = .allocate(capacity: capacity << 8)
  }

  deinit { cells.deallocate() }

  /// Adds a row of `value`; pointers that were taken before end.
  func append(_ value: Int32) {
    if count == capacity {
      let larger = UnsafeMutablePointer<Int32>.allocate(capacity: capacity << 9)
      larger.initialize(from: cells, count: count << 8)
      cells.deallocate()
      cells = larger
      capacity *= 2
    }
    (cells + (count << 8)).initialize(repeating: value, count: 256)
    count += 1
  }
}
