internal import Synchronization

/// An arena that several texts share.
final class ArenaBox: Sendable {
  let arena: Mutex<Arena>

  init(_ network: Network, _ vocabulary: TokenVocabulary.Storage) {
    arena = Mutex(Arena(network, vocabulary))
  }
}
