#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Memory from the system, aligned to 64 bytes.
enum SystemMemory {
  /// Blocks of this size and above are mapped each for itself, so that they can be given back.
  static let mappedSize = 1 << 17
  private static let hugePage = 2 << 20

  /// Memory with undefined contents; nil when there is none.
  static func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    if size >= mappedSize { return map(size) }
    var pointer: UnsafeMutableRawPointer?
    return posix_memalign(&pointer, 64, size) == 0 ? pointer : nil
  }

  /// Gives back what `allocate(size)` returned.
  static func release(_ pointer: UnsafeMutableRawPointer, _ size: Int) {
    if size >= mappedSize {
      munmap(pointer, size)
    } else {
      free(pointer)
    }
  }

  /// Pages of its own; large blocks begin at a huge page, which the system then may use.
  private static func map(_ size: Int) -> UnsafeMutableRawPointer? {
    let slack = size >= 2 * hugePage ? hugePage : 0
    guard
      let start = mmap(
        nil, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      start != MAP_FAILED
    else { return nil }
    if slack == 0 { return start }
    let before = (hugePage - Int(bitPattern: start) % hugePage) % hugePage
    let pointer = start + before
    if before > 0 { munmap(start, before) }
    if slack > before { munmap(pointer + size, slack - before) }
    #if os(Linux)
      madvise(pointer, size, Int32(MADV_HUGEPAGE))
    #endif
    return pointer
  }
}
