/// Where a server listens, and who may do what.
public struct ServerConfiguration: Sendable {
  /// The address to listen on.
  public var host = "127.0.0.1"
  /// The port to listen on; 0 takes a free one.
  public var port = 8080
  /// What clients may ask for at most.
  public var limits = ServerLimits()
  /// The base's name in requests.
  public var modelName = "graft"
  /// The directory whose subdirectories are the adapters that can be loaded by name.
  public var adapterRoot: String?
  /// The directory whose subdirectories are training runs to be shown.
  public var runsRoot: String?
  /// Keys of which every client must have one; empty lets everybody in.
  public var keys: [String] = []
  /// Keys of which one is needed for loading and unloading adapters.
  public var adminKeys: [String] = []
  /// Whether those who may ask may also load and unload adapters, where there is no admin key.
  public var allowsAdapterAdministration = false
  /// Whether unknown members of a request are ignored, and named in `x-ignored-params`.
  public var isLenient = false

  /// The defaults.
  public init() {}
}
