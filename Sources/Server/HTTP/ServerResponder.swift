import HTTPTypes
import Hummingbird
import Logging
import SafeIO

/// Takes every request: who asks, which route, what it says; and makes an answer of every failure.
struct ServerResponder: HTTPResponder {
  typealias Context = ServerContext

  let state: ServerState
  let routes: [Route]

  func respond(to request: Request, context: ServerContext) async throws -> Response {
    let start = ContinuousClock.now
    let id = RequestIdentifier.choose(request.headers[.requestID])
    var log = state.log
    log[metadataKey: "request"] = "\(id)"
    let disconnection = Disconnection(of: context.channel)
    var label = "unknown"
    var response: Response
    do {
      response = try await answer(request, id, disconnection, log, &label)
    } catch {
      let failure = APIError(error, requestID: id, log: log)
      response = .json(failure.json, status: failure.status, headers: failure.headers)
      if failure.closesConnection {
        response.headers[.connection] = "close"
        disconnection.disconnectSoon()
      }
    }
    if request.method == .head { response = response.createHeadResponse() }
    response.headers[.requestID] = id
    response.headers[.contentTypeOptions] = "nosniff"
    state.metrics.countRequest(label, status: response.status.code)
    log.info(
      "\(request.method.rawValue) \(label) \(response.status.code)",
      metadata: ["seconds": "\((ContinuousClock.now - start).inSeconds)"])
    return response
  }

  private func answer(
    _ request: Request, _ id: String, _ disconnection: Disconnection, _ log: Logger,
    _ label: inout String
  ) async throws -> Response {
    try state.access.checkOrigin(host: request.head.authority, request.headers)
    let (route, name) = try route(of: request)
    label = route.label
    try state.access.admit(request.headers, to: route.right)
    if state.isDraining { throw APIError.draining }
    let body = route.readsBody ? try await state.bodies.json(of: request) : .null
    let exchange = Exchange(
      id: id, state: state, name: name, body: body,
      client: state.access.client(request.headers, address: disconnection.address),
      disconnection: disconnection, log: log)
    return try await route.handler(exchange)
  }

  private func route(of request: Request) throws(APIError) -> (Route, String) {
    let path = request.uri.path
    var allowed: [String] = []
    for route in routes {
      guard let name = route.match(path) else { continue }
      let isHead = request.method == .head && route.method == .get
      if route.method == request.method || isHead { return (route, name) }
      allowed.append(route.method.rawValue)
    }
    let method = request.method.rawValue.escapedForMessage(limit: 16)
    guard !allowed.isEmpty else {
      throw APIError(
        .notFound, code: nil,
        "unknown URL (\(method) \(path.escapedForMessage(limit: 100)))")
    }
    var error = APIError(.methodNotAllowed, code: nil, "\(method) is not a method of this URL")
    error.headers[.allow] = allowed.joined(separator: ", ")
    throw error
  }
}

extension Duration {
  /// The time in seconds.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
