import Foundation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the operating system says of this process's memory.
package enum ProcessMemory {
  /// The most bytes that were resident at a time.
  package static var peakBytes: Int {
    // `getrusage` would also count what the process that started this one had resident.
    if let bytes = status("VmHWM") { return bytes }
    var usage = rusage()
    #if os(Linux)
      // RUSAGE_SELF is 0; glibc's header types it differently from one version to the next.
      getrusage(__rusage_who_t(0), &usage)
      return Int(usage.ru_maxrss) * 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)
    #endif
  }

  /// The bytes that are resident now; nil where the system does not say.
  package static var residentBytes: Int? { status("VmRSS") }

  /// A line of `/proc/self/status` in bytes.
  private static func status(_ name: String) -> Int? {
    #if os(Linux)
      guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("\(name):") })
      else { return nil }
      return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 }
    #else
      return nil
    #endif
  }
}
