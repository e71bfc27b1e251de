/// What a client may ask for at most.
///
/// Everything here is checked before memory is taken for it.
public struct ServerLimits: Sendable, Equatable {
  /// Bytes of a request's body.
  public var bodyBytes = 2 << 20
  /// Nesting of a request's JSON.
  public var depth = 64
  /// Messages of a conversation.
  public var messages = 4096
  /// Choices of one prompt (`n`).
  public var choices = 8
  /// Prompts of one request, also inputs of one request for embeddings.
  public var prompts = 256
  /// Alternatives told with each token (`logprobs`, `top_logprobs`).
  public var logprobs = 20
  /// Strings that end an answer.
  public var stops = 16
  /// Characters of such a string.
  public var stopLength = 256
  /// Entries of `logit_bias`.
  public var biases = 1024
  /// Connections that are open at the same time; more wait in the system's queue.
  public var connections = 256
  /// Seconds in which a body must have arrived, however steadily it comes.
  public var bodySeconds = 30.0
  /// Seconds after which a connection without a request is closed.
  public var idleSeconds = 60
  /// Seconds after which a client that does not read its stream is given up.
  public var stallSeconds = 30.0
  /// Seconds after which a stream that has nothing to say sends a comment.
  public var heartbeatSeconds = 15.0
  /// Seconds after which a request is given up, where it does not say less.
  public var requestSeconds = 600.0
  /// Seconds that requests in work have once the server is told to stop.
  public var graceSeconds = 30.0

  /// The defaults.
  public init() {}
}
