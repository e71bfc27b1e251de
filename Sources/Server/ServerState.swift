import Foundation
import HTTPTypes
import Inference
import Logging
import SafeIO
import Synchronization
import Tokenization

/// What all requests share.
final class ServerState: Sendable {
  let engine: ServingEngine
  let tokenizer: Tokenizer
  let configuration: ServerConfiguration
  let access: AccessControl
  let bodies: BodyReader
  let metrics = ServerMetrics()
  let adapters: AdapterDirectory
  let grammars: GrammarStore
  let log: Logger
  /// When the server began, in seconds since 1970.
  let created: Int
  /// Found when it is first asked for; nil within where the template has none.
  private let knownCallFormat = Mutex<CallFormat??>(nil)
  private let draining = Atomic<Bool>(false)
  private let flights = Mutex<[UInt64: @Sendable () -> Void]>([:])
  private let flightCount = Atomic<UInt64>(0)

  /// - Throws: `InferenceError.noTokenizer`.
  init(engine: ServingEngine, configuration: ServerConfiguration, log: Logger) throws {
    guard let tokenizer = engine.tokenizer else {
      throw InferenceError.noTokenizer("the server answers with text")
    }
    (self.engine, self.tokenizer) = (engine, tokenizer)
    (self.configuration, self.log) = (configuration, log)
    access = AccessControl(configuration)
    bodies = BodyReader(limits: configuration.limits)
    adapters = AdapterDirectory(root: configuration.adapterRoot)
    grammars = GrammarStore(tokenizer, endTokens: engine.endTokens)
    created = Int(Date().timeIntervalSince1970)
  }

  var limits: ServerLimits { configuration.limits }

  /// How the model writes calls of functions; nil where its template does not.
  var callFormat: CallFormat? {
    knownCallFormat.withLock { known in
      if let known { return known }
      let found = CallFormat(tokenizer)
      known = .some(found)
      return found
    }
  }

  /// Whether the server is about to stop, and takes nothing on any more.
  var isDraining: Bool { draining.load(ordering: .relaxed) }

  func startDraining() { draining.store(true, ordering: .relaxed) }

  /// Requests that are being answered.
  var flightsInAir: Int { flights.withLock { $0.count } }

  /// Notes that a request is being answered, and how to end it; `landed` takes the number back.
  func takeOff(_ cancel: @escaping @Sendable () -> Void) -> UInt64 {
    let number = flightCount.wrappingAdd(1, ordering: .relaxed).newValue
    flights.withLock { $0[number] = cancel }
    return number
  }

  func landed(_ number: UInt64) { flights.withLock { _ = $0.removeValue(forKey: number) } }

  /// Ends all requests that are being answered.
  func cancelFlights() {
    for cancel in flights.withLock({ Array($0.values) }) { cancel() }
  }

  /// Counts and tells what was refused before it was a request.
  @Sendable func noteRefusal(_ failure: APIError, requestID: String) {
    metrics.countRequest("unknown", status: failure.status.code)
    log.info("unreadable request \(failure.status.code)", metadata: ["request": "\(requestID)"])
  }

  /// The adapter that `model` names, nil for the base.
  ///
  /// - Throws: `APIError`: 404 with the names there are.
  func adapter(named model: String) throws(APIError) -> AdapterHandle? {
    if model == configuration.modelName { return nil }
    if let handle = engine.adapters[model] { return handle }
    throw unknownModel
  }

  var unknownModel: APIError {
    let names = ([configuration.modelName] + engine.adapters.list.map(\.name)).prefix(20)
    return APIError(
      .notFound, code: "model_not_found", param: "model",
      "no such model; there are \(names.joined(separator: ", "))")
  }
}
