import Hummingbird
import Inference

/// Where and how a server listens.
public struct ServerConfiguration: Sendable {
  /// The address to listen on.
  public var host = "127.0.0.1"
  /// The port to listen on; 0 takes a free one.
  public var port = 8080

  /// The defaults.
  public init() {}
}
