public import Hummingbird
import HummingbirdCore
public import Inference
public import Logging
import NIOCore
public import SafeIO

/// A server that answers over HTTP with the API that OpenAI's clients speak.
///
/// It has one base model and any number of adapters, each under its own name as a model of the API.
public struct GraftServer: Sendable {
  private let state: ServerState

  /// A server of `engine`.
  ///
  /// - Parameters:
  ///   - engine: What answers.
  ///   - configuration: Where it listens, and who may do what.
  ///   - logger: Where it tells what happens.
  /// - Throws: `InferenceError.noTokenizer`.
  public init(
    engine: ServingEngine, configuration: ServerConfiguration = ServerConfiguration(),
    logger: Logger = Logger(label: "graft.server")
  ) throws {
    state = try ServerState(engine: engine, configuration: configuration, log: logger)
  }

  /// Loads every adapter that lies directly below the directory of adapters.
  ///
  /// - Parameter onFailure: Called with the name and the reason of each that is refused.
  /// - Returns: The names of those that were loaded.
  @discardableResult
  public func loadAdapters(onFailure: (String, any Error) -> Void = { _, _ in }) -> [String] {
    state.adapters.available.filter { name in
      do {
        guard name != state.configuration.modelName else {
          throw APIError.adapterConflict("the base has this name")
        }
        let path = try state.adapters.path(of: name, param: "name")
        try state.engine.adapters.load(name: name, path: path)
        return true
      } catch let error as APIError {
        onFailure(name, ServerError.adapter(error.message))
      } catch {
        onFailure(name, error)
      }
      return false
    }
  }

  /// The application, ready to be run or tested.
  ///
  /// - Parameter onRunning: Called once it listens, with the port.
  /// - Returns: The application; it does not stop by itself on signals.
  public func application(
    onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    let (state, configuration) = (state, state.configuration)
    let limits = configuration.limits
    // Hummingbird tells again what the log of requests tells, and calls every end of it an error.
    var quiet = state.log
    quiet.logLevel = .critical
    return Application(
      responder: ServerResponder(state: state, routes: Self.routes),
      server: .http1(
        configuration: HTTP1Channel.Configuration(
          additionalChannelHandlers: [
            DisconnectHandler(), RequestErrorSetup(onRefusal: state.noteRefusal),
          ],
          idleTimeout: .seconds(Int64(limits.idleSeconds)),
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: RequestErrorHandler.limits.field,
            maxHeaderListSize: RequestErrorHandler.limits.all,
            maxHeaderFieldCount: RequestErrorHandler.limits.count))),
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port),
        availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
      onServerRunning: { await onRunning($0.localAddress?.port ?? configuration.port) },
      logger: quiet)
  }

  /// Listens until `isStopping` says true, then ends in order.
  ///
  /// New requests are refused from then on, those in work have a grace period, and what is left after
  /// it ends with an error.
  ///
  /// - Parameters:
  ///   - isStopping: Asked twenty times a second.
  ///   - onRunning: Called once it listens, with the port.
  /// - Throws: What hinders it from listening.
  public func run(
    until isStopping: @escaping @Sendable () -> Bool,
    onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
  ) async throws {
    let application = application(onRunning: onRunning)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        do {
          try await application.run()
        } catch is CancellationError {}
      }
      group.addTask {
        while !isStopping() { try await Task.sleep(for: .milliseconds(50)) }
        try await drain()
      }
      // Whichever ends first: a server that cannot listen, or one that has been drained.
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func drain() async throws {
    state.startDraining()
    state.log.notice("stopping", metadata: ["requests": "\(state.flightsInAir)"])
    if await isEmpty(within: state.limits.graceSeconds) { return }
    state.log.warning("requests cut off", metadata: ["requests": "\(state.flightsInAir)"])
    state.cancelFlights()
    // The last events are on their way.
    _ = await isEmpty(within: 2)
  }

  private func isEmpty(within seconds: Double) async -> Bool {
    let end = ContinuousClock.now.advanced(by: .seconds(seconds))
    while ContinuousClock.now < end {
      if state.flightsInAir == 0 { return true }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return state.flightsInAir == 0
  }
}

/// Why something of a server's start went wrong.
public enum ServerError: UserFacingError, Equatable {
  /// An adapter that cannot be loaded, and why.
  case adapter(String)

  /// The class of the failure.
  public var failureClass: FailureClass { .model }
  /// The stable short name.
  public var code: String { "SERVE.ADAPTER" }
  /// What happened.
  public var description: String {
    switch self {
    case .adapter(let reason): reason
    }
  }
  /// What to do about it.
  public var hint: String? { nil }
}
