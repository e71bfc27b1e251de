import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import SafeIO

/// `GET /`: the page, one document without anything from outside.
enum PageRoutes {
  static func page(_ exchange: Exchange) async throws -> Response {
    var headers = HTTPFields()
    headers[.contentSecurityPolicy] = policy
    headers[.referrerPolicy] = "no-referrer"
    headers[.cacheControl] = "no-cache"
    return .text(Page.document, type: "text/html; charset=utf-8", headers: headers)
  }

  static func icon(_ exchange: Exchange) async throws -> Response {
    Response(status: .noContent)
  }

  /// Only the page's own script and style run, named by their hashes, and they reach this server only.
  private static let policy: String = [
    "default-src 'none'", "script-src 'sha256-\(hash(of: Page.script))'",
    "style-src 'sha256-\(hash(of: Page.style))'", "connect-src 'self'", "img-src data:",
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  ].joined(separator: "; ")

  /// SHA-256 in base64, as policies write it.
  private static func hash(of text: String) -> String {
    let digits = Array(FileHash.sha256(of: Array(text.utf8)))
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
    return Data(bytes).base64EncodedString()
  }
}
