import HTTPTypes
import Hummingbird
import SafeIO

/// A failure as the API reports it: a status, and `{"error": {"message", "type", "param", "code"}}`.
///
/// Clients decide by the status whether they try again: of what would fail again, only what the
/// client did is 4xx, and what is not 4xx carries `x-should-retry: false`.
struct APIError: Error, Equatable {
  var status: HTTPResponse.Status
  var type: String
  var code: String?
  /// The member of the request that is at fault, such as `messages[3].content`.
  var param: String?
  var message: String
  /// Further headers, such as `Retry-After`.
  var headers = HTTPFields()
  /// Whether what is left of the request's body is not worth reading.
  var closesConnection = false

  init(
    _ status: HTTPResponse.Status, type: String = Self.invalidRequest, code: String?,
    param: String? = nil, _ message: String
  ) {
    (self.status, self.type, self.code) = (status, type, code)
    (self.param, self.message) = (param, message)
  }

  static let invalidRequest = "invalid_request_error"

  /// The body of the response, and of the last event of a stream that fails.
  var json: JSON {
    var error = JSONObject()
    error["message"] = JSON(message)
    error["type"] = JSON(type)
    error["param"] = param.map { JSON($0) } ?? .null
    error["code"] = code.map { JSON($0) } ?? .null
    return ["error": JSON(error)]
  }
}

extension APIError {
  /// A value of another type than the member has.
  static func type(_ param: String, expected: String, found: JSON) -> APIError {
    APIError(
      .badRequest, code: "invalid_type", param: param,
      "'\(param)' must be \(expected), not \(found.typeName)")
  }

  /// A value that breaks a rule.
  static func value(_ param: String, _ rule: String, code: String = "invalid_value") -> APIError {
    APIError(.badRequest, code: code, param: param, "'\(param)' \(rule)")
  }

  /// A member that nobody declared.
  static func unknown(_ param: String, nearest: String?) -> APIError {
    let meant = nearest.map { "; did you mean '\($0)'?" } ?? ""
    return APIError(
      .badRequest, code: "unknown_parameter", param: param, "unknown parameter '\(param)'\(meant)")
  }

  /// A member of the API that would change the answer and is not implemented.
  static func unsupported(_ param: String, _ reason: String = "is not supported") -> APIError {
    APIError(.badRequest, code: "unsupported_parameter", param: param, "'\(param)' \(reason)")
  }

  /// A body that is not JSON, with the place.
  static func json(_ error: JSONError) -> APIError {
    APIError(.badRequest, code: "invalid_json", "the body is not valid JSON: \(error.description)")
  }

  /// Work that ran out of time.
  static func timeout(_ message: String) -> APIError {
    var error = APIError(.gatewayTimeout, type: "timeout_error", code: "timeout", message)
    error.headers[.shouldRetry] = "false"
    return error
  }

  /// Too much to do at the moment.
  static func overloaded(_ message: String) -> APIError {
    var error = APIError(
      .tooManyRequests, type: "rate_limit_error", code: "queue_full", message)
    error.headers[.retryAfterMilliseconds] = "500"
    error.headers[.retryAfter] = "1"
    return error
  }

  /// A server that is being shut down.
  static let draining: APIError = {
    var error = APIError(
      .serviceUnavailable, type: "unavailable_error", code: "shutting_down",
      "the server is shutting down")
    error.headers[.retryAfter] = "5"
    error.closesConnection = true
    return error
  }()

  /// A mistake of the server; what went wrong is in its log, under the request's id.
  static func defect(requestID: String) -> APIError {
    var error = APIError(
      .internalServerError, type: "server_error", code: "internal_error",
      "the server made a mistake; its log has the reason under request \(requestID)")
    error.headers[.shouldRetry] = "false"
    return error
  }
}

extension HTTPField.Name {
  static let shouldRetry = Self.own("x-should-retry")
  static let retryAfterMilliseconds = Self.own("retry-after-ms")
  static let requestID = Self.own("x-request-id")
  static let ignoredParameters = Self.own("x-ignored-params")
  static let receipt = Self.own("x-graft-receipt")
  static let accelBuffering = Self.own("x-accel-buffering")
  static let contentTypeOptions = Self.own("x-content-type-options")
  static let referrerPolicy = Self.own("referrer-policy")

  /// A name that is known to be one: letters and dashes.
  private static func own(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { fatalError("'\(name)' is no header") }
    return name
  }
}
