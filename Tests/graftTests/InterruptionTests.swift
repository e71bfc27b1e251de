import Foundation
import Testing
import graft

@Suite struct InterruptionTests {
  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
  func firstSignalOnlyAsks(number: Int32, code: Int32) async {
    await #expect(processExitsWith: .exitCode(77)) {
      [number = number as Int32, code = code as Int32] in
      Interruption.install()
      guard !Interruption.isRequested else { exit(1) }

      sendAndWait(number)

      exit(Interruption.exitCode == code ? 77 : 1)
    }
  }

  @Test func secondSignalEndsTheProcess() async {
    await #expect(processExitsWith: .exitCode(143)) {
      Interruption.install()

      sendAndWait(SIGINT)
      kill(getpid(), SIGTERM)

      sleep(10)
      exit(1)
    }
  }
}

/// Sends the signal to the whole process, as a terminal does, and waits until it has arrived.
private func sendAndWait(_ number: Int32) {
  kill(getpid(), number)
  for _ in 0..<1000 where !Interruption.isRequested { usleep(10_000) }
}
