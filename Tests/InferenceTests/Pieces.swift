import Synchronization

/// Text that comes in pieces from another task.
final class Pieces: Sendable {
  private let state = Mutex("")

  var text: String { state.withLock { $0 } }

  func append(_ piece: String) { state.withLock { $0 += piece } }
}
