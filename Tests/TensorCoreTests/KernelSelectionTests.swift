import Foundation
import TensorCore
import Testing

@Suite struct KernelSelectionTests {
  /// Without this, tests that are repeated with lesser kernels could run the best ones unnoticed.
  @Test func kernelsAreThoseThatTheEnvironmentAsksFor() {
    let asked = ProcessInfo.processInfo.environment["GRAFT_KERNELS"]
    let available = KernelSelection.available.map(\.name)

    let expected = available.last { $0 == asked } ?? available.last

    #expect(available.first == "portable")
    #expect(KernelSelection.name == expected)
  }
}
