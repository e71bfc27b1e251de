import Foundation
import Testing

import graft

@Suite struct InterruptionTests {
  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
  func firstSignalOnlyAsks(number: Int32, code: Int32) async {
    await #expect(processExitsWith: .exitCode(77)) { [number = number, code = code] in
      Interruption.install()
      guard !Interruption.isRequested else { exit(1) }

      raise(number)

      exit(Interruption.isRequested && Interruption.exitCode == code ? 77 : 1)
    }
  }

  @Test func secondSignalEndsTheProcess() async {
    await #expect(processExitsWith: .exitCode(143)) {
      Interruption.install()

      raise(SIGINT)
      raise(SIGTERM)

      exit(1)
    }
  }
}
