import ArgumentParser
import Foundation
import Synchronization

/// The number of the first signal that arrived; 0 before.
private let received = Atomic<Int32>(0)

private let isListening = Atomic<Bool>(false)

/// Lets a long command end in order when it is told to stop.
///
/// The first SIGINT, SIGTERM or SIGHUP only sets a flag, which the command reads between steps; the
/// second one ends the process at once.
package enum Interruption {
  /// The signals that ask a command to stop.
  private static let signals = [SIGINT, SIGTERM, SIGHUP]

  /// Starts listening.
  ///
  /// Without this call the signals keep their usual effect; a second one changes nothing.
  package static func install() {
    guard !isListening.exchange(true, ordering: .relaxed) else { return }
    // The globals that the handler reads are initialised here, not inside a signal handler.
    received.store(0, ordering: .relaxed)
    for number in signals { signal(number, handleSignal) }
  }

  /// Whether the command should finish its step, save and return.
  package static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

  /// The exit code that says which signal stopped the command (130 for SIGINT), or `nil`.
  package static var exitCode: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : 128 + number
  }

  /// Ends the command with the signal's exit code; call it when everything is saved.
  package static func throwIfRequested() throws {
    if let exitCode { throw ExitCode(exitCode) }
  }
}

/// Does only what is allowed inside a signal handler: atomics and `_exit`.
private func handleSignal(_ number: Int32) {
  let (isFirst, _) = received.compareExchange(
    expected: 0, desired: number, ordering: .relaxed)
  if !isFirst { _exit(128 + number) }
}
