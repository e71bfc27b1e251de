import HTTPTypes
import Hummingbird
import NIOCore
import SafeIO

/// Reads the body of a request as JSON, within bounds of size and time.
struct BodyReader {
  let limits: ServerLimits

  /// The body as JSON.
  ///
  /// - Throws: `APIError`: 415, 413, 408 or 400.
  func json(of request: Request) async throws -> JSON {
    try checkHeaders(request.headers)
    let bytes = try await bytes(of: request.body)
    guard !bytes.isEmpty else {
      throw APIError(.badRequest, code: "invalid_json", "the body is empty; JSON is expected")
    }
    guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else {
      throw APIError(
        .badRequest, code: "invalid_json", "the body begins with a byte order mark at byte 0")
    }
    do throws(JSONError) {
      return try JSON(
        parsing: bytes,
        limits: JSON.Limits(depth: limits.depth, bytes: limits.bodyBytes, values: 1 << 20))
    } catch {
      throw APIError.json(error)
    }
  }

  private func checkHeaders(_ headers: HTTPFields) throws(APIError) {
    let type = headers[.contentType] ?? ""
    let media = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
    guard media == "application/json" || media.hasSuffix("+json") else {
      throw refusal(.unsupportedMediaType, "the content type must be application/json")
    }
    if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
      throw refusal(.unsupportedMediaType, "bodies with a content encoding are not accepted")
    }
    if let length = headers[.contentLength] {
      // A length of more digits than an `Int` has is certainly too long.
      guard let length = Int(length), length <= limits.bodyBytes else { throw tooLarge }
    }
  }

  private var tooLarge: APIError {
    refusal(.contentTooLarge, "the body has more than \(limits.bodyBytes) bytes")
  }

  private func refusal(_ status: HTTPResponse.Status, _ message: String) -> APIError {
    var error = APIError(status, code: nil, message)
    error.closesConnection = true
    return error
  }

  private func bytes(of body: RequestBody) async throws -> [UInt8] {
    let (tooLarge, limit, seconds) = (tooLarge, limits.bodyBytes, limits.bodySeconds)
    let broken = refusal(.badRequest, "the body ended early or is malformed")
    let late = refusal(.requestTimeout, "the body did not arrive within \(Int(seconds)) seconds")
    return try await withThrowingTaskGroup(of: [UInt8].self) { group in
      group.addTask {
        var bytes: [UInt8] = []
        do {
          for try await buffer in body {
            guard bytes.count + buffer.readableBytes <= limit else { throw tooLarge }
            bytes += buffer.readableBytesView
          }
        } catch  where !(error is APIError || error is CancellationError) {
          // The client left in the middle, or its chunks are none.
          throw broken
        }
        return bytes
      }
      group.addTask {
        try await Task.sleep(for: .seconds(seconds))
        throw late
      }
      defer { group.cancelAll() }
      guard let bytes = try await group.next() else { throw CancellationError() }
      return bytes
    }
  }
}
