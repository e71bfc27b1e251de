import Foundation

/// How much memory this process occupies.
enum MemoryUse {
  /// Bytes in memory now; nil where the system does not tell.
  static var resident: Int? {
    guard let handle = FileHandle(forReadingAtPath: "/proc/self/statm"),
      let text = String(bytes: handle.availableData, encoding: .utf8)
    else { return nil }
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
