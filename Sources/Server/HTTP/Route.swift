import HTTPTypes
import Hummingbird

/// One operation of the API.
struct Route: Sendable {
  /// Who may use a route.
  enum Right: Sendable {
    case everybody
    case client
    case administrator
  }

  /// A fixed path, or one whose last part, behind `/`, names something.
  enum Path: Sendable {
    case exact(String)
    case named(String)
  }

  let method: HTTPRequest.Method
  let path: Path
  let right: Right
  /// Whether the body is read as JSON.
  let readsBody: Bool
  let handler: @Sendable (Exchange) async throws -> Response

  init(
    _ method: HTTPRequest.Method, _ path: Path, _ right: Right = .client, readsBody: Bool = false,
    _ handler: @escaping @Sendable (Exchange) async throws -> Response
  ) {
    (self.method, self.path, self.right) = (method, path, right)
    (self.readsBody, self.handler) = (readsBody, handler)
  }

  static func get(
    _ path: String, by right: Right = .client,
    _ handler: @escaping @Sendable (Exchange) async throws -> Response
  ) -> Route {
    Route(.get, .exact(path), right, handler)
  }

  static func post(
    _ path: String, by right: Right = .client,
    _ handler: @escaping @Sendable (Exchange) async throws -> Response
  ) -> Route {
    Route(.post, .exact(path), right, readsBody: true, handler)
  }

  /// What metrics and logs call the path.
  var label: String {
    switch path {
    case .exact(let path): path
    case .named(let prefix): prefix + "{name}"
    }
  }

  /// What `path` names, or nil if it is no path of this route's; empty for a fixed path.
  func match(_ path: String) -> String? {
    switch self.path {
    case .exact(let own): return path == own ? "" : nil
    case .named(let prefix):
      guard path.hasPrefix(prefix), path.utf8.count > prefix.utf8.count else { return nil }
      let rest = path.dropFirst(prefix.count)
      // The name itself may hold slashes only in their encoded form.
      guard !rest.contains("/") else { return nil }
      return rest.removingPercentEncoding
    }
  }
}

extension Substring {
  /// The text with `%2F` and its like decoded, nil where that is malformed or no UTF-8.
  fileprivate var removingPercentEncoding: String? {
    var bytes: [UInt8] = []
    var rest = utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst(), let low = rest.popFirst(),
        let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
