import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Free lists of aligned memory by size class, so that a steady state allocates nothing anew.
///
/// Classes are quarter steps between powers of two: at most a fifth of a block is unused.
package enum StoragePool {
  private struct Lists {
    var free: [Int: [UnsafeMutableRawPointer]] = [:]
    var heldBytes = 0
    var liveBytes = 0
    var peakBytes = 0
  }

  /// The lists may be sent between threads because a pointer in them is owned by nobody else.
  private struct State: ~Copyable, @unchecked Sendable {
    var lists = Lists()
  }

  private static let state = Mutex(State())
  private static let hugePage = 2 << 20
  /// Blocks of this size and above are mapped each for itself, so that `trim` gives them back.
  private static let mappedSize = 1 << 20

  /// The size of the block that serves a request of `bytes`.
  package static func classSize(_ bytes: Int) -> Int {
    if bytes <= 256 { return 256 }
    let top = bytes.bitWidth - 1 - (bytes - 1).leadingZeroBitCount
    let step = 1 << max(top - 2, 6)
    return (bytes + step - 1) / step * step
  }

  /// A block of `classSize(bytes)` bytes with undefined contents, aligned to 64 bytes.
  package static func take(_ bytes: Int) -> UnsafeMutableRawPointer {
    let size = classSize(bytes)
    let reused = state.withLock { state -> UInt? in
      state.lists.liveBytes += size
      state.lists.peakBytes = max(
        state.lists.peakBytes, state.lists.liveBytes + state.lists.heldBytes)
      guard let pointer = state.lists.free[size]?.popLast() else { return nil }
      state.lists.heldBytes -= size
      return UInt(bitPattern: pointer)
    }
    if let reused, let pointer = UnsafeMutableRawPointer(bitPattern: reused) { return pointer }
    guard let pointer = size < mappedSize ? allocate(size) : map(size) else {
      fatalError("Out of memory: no block of \(size) bytes. Use a smaller batch or model.")
    }
    return pointer
  }

  private static func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    var pointer: UnsafeMutableRawPointer?
    return posix_memalign(&pointer, 64, size) == 0 ? pointer : nil
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

  /// Returns a block that came from `take(bytes)`.
  package static func give(_ pointer: UnsafeMutableRawPointer, bytes: Int) {
    let size = classSize(bytes)
    let bits = UInt(bitPattern: pointer)
    state.withLock { state in
      state.lists.liveBytes -= size
      state.lists.heldBytes += size
      if let pointer = UnsafeMutableRawPointer(bitPattern: bits) {
        state.lists.free[size, default: []].append(pointer)
      }
    }
  }

  /// Returns all free blocks to the system.
  package static func trim() {
    state.withLock { state in
      for (size, pointers) in state.lists.free {
        for pointer in pointers {
          if size < mappedSize { free(pointer) } else { munmap(pointer, size) }
        }
      }
      state.lists.free.removeAll()
      state.lists.heldBytes = 0
    }
  }

  /// Bytes in use by tensors now.
  package static var liveBytes: Int { state.withLock { $0.lists.liveBytes } }
}
