import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SafeIO

/// One request, read and admitted, on its way to an answer.
struct Exchange: Sendable {
  /// The request's name in logs and in `x-request-id`.
  let id: String
  let state: ServerState
  /// What the path names, such as a model.
  let name: String
  /// The body; null where the route has none.
  let body: JSON
  /// Whose request it is, as far as turns are concerned.
  let client: String
  let disconnection: Disconnection
  let log: Logger

  /// An answer in one piece.
  func reply(
    _ json: JSON, status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()
  ) -> Response {
    .json(json, status: status, headers: headers)
  }
}

extension Response {
  /// A response whose body is one JSON value.
  static func json(
    _ json: JSON, status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()
  ) -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    headers[.cacheControl] = "no-store"
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(string: json.serialized())))
  }

  /// A response that is text of some kind.
  static func text(_ text: String, type: String, headers: HTTPFields = HTTPFields()) -> Response {
    var headers = headers
    headers[.contentType] = type
    return Response(
      status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
