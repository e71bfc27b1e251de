import NIOCore
import Synchronization

/// Tells when the client of a request has gone.
final class Disconnection: Sendable {
  private struct State {
    var hasHappened = false
    var isOver = false
    var action: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())
  private let channel: any Channel

  init(of channel: any Channel) {
    self.channel = channel
    channel.closeFuture.whenComplete { [weak self] _ in self?.happen() }
  }

  /// Runs `action` once the client is gone, at once if it is already.
  func onDisconnect(_ action: @escaping @Sendable () -> Void) {
    let hasHappened = state.withLock { state in
      if !state.hasHappened { state.action = action }
      return state.hasHappened
    }
    if hasHappened { action() }
  }

  /// Where the client is.
  var address: String { channel.remoteAddress?.ipAddress ?? "" }

  /// Whether the client has gone.
  var hasHappened: Bool { state.withLock { $0.hasHappened } }

  /// Forgets the action: the request is answered.
  func finish() {
    state.withLock {
      $0.isOver = true
      $0.action = nil
    }
  }

  /// Closes the connection, and with it whatever waits for the client.
  func disconnect() { channel.close(promise: nil) }

  /// Closes the connection after a moment in which the client can read what was written.
  ///
  /// What it still sends until then is read and dropped; bytes left unread would make the system
  /// take back the response.
  func disconnectSoon() {
    let channel = channel
    channel.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
  }

  private func happen() {
    let action = state.withLock { state in
      state.hasHappened = true
      defer { state.action = nil }
      return state.isOver ? nil : state.action
    }
    action?()
  }
}
