import ArgumentParser
import Foundation
import SafeIO
import TensorCore

/// What `GRAFT_KERNELS` asks for, checked before anything computes.
enum KernelRequest {
  private static let names = ["portable", "avx2", "avx512"]

  /// Refuses a name that there is not, and warns of one that this processor lacks.
  static func check(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    guard let asked = environment["GRAFT_KERNELS"] else { return }
    guard names.contains(asked) else {
      throw ValidationError(
        "GRAFT_KERNELS must be \(names.joined(separator: ", ")), got "
          + "'\(asked.escapedForMessage(limit: 60))'.")
    }
    if !KernelSelection.available.contains(where: { $0.name == asked }) {
      Log.warning("GRAFT_KERNELS: this processor has no \(asked)")
    }
  }
}
