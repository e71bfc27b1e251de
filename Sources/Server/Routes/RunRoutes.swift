import Foundation
import HTTPTypes
import Hummingbird
import SafeIO

/// `GET /runs` and `/runs/{name}`: training runs, each shown by the `report.html` of its directory.
enum RunRoutes {
  private static let largestReport = 32 << 20

  static func list(_ exchange: Exchange) async throws -> Response {
    // The page has a link to here, whether there are runs or not: people read what comes.
    guard exchange.state.configuration.runsRoot != nil else {
      var response = page(
        "<p>This server shows no training runs: it was started without --runs.</p>")
      response.status = .notFound
      return response
    }
    let names = try reports(exchange.state)
    let items = names.map { name in
      "<li><a href=\"/runs/\(name)\">\(name)</a></li>"
    }.joined()
    let body = names.isEmpty ? "<p>No run has a report yet.</p>" : "<ul>\(items)</ul>"
    return page(body)
  }

  private static func page(_ body: String) -> Response {
    .text(
      """
      <!doctype html><html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width"><title>Training runs</title>
      <meta name="color-scheme" content="light dark"></head>
      <body><h1>Training runs</h1>\(body)<p><a href="/">Back</a></p></body></html>

      """, type: "text/html; charset=utf-8", headers: headers)
  }

  static func report(_ exchange: Exchange) async throws -> Response {
    let root = try root(exchange.state)
    guard AdapterDirectory.isName(exchange.name) else { throw notFound }
    let path = "\(root)/\(exchange.name)/report.html"
    // No symbolic link on the way: the path must be where the file is.
    guard isThere(path), let bytes = try? InputFile.contents(of: path, maxBytes: largestReport),
      let text = String(validating: bytes, as: UTF8.self)
    else { throw notFound }
    return .text(text, type: "text/html; charset=utf-8", headers: headers)
  }

  /// Reports are drawings and tables; none of them runs a script or reaches anything.
  private static var headers: HTTPFields {
    var headers = HTTPFields()
    headers[.contentSecurityPolicy] =
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
      + "form-action 'none'; frame-ancestors 'none'; sandbox allow-top-navigation-by-user-activation"
    headers[.referrerPolicy] = "no-referrer"
    headers[.cacheControl] = "no-cache"
    return headers
  }

  private static let notFound = APIError(.notFound, code: nil, "there is no such report")

  private static func root(_ state: ServerState) throws(APIError) -> String {
    guard let root = state.configuration.runsRoot, let real = realpath(root, nil) else {
      throw APIError(
        .notFound, code: nil, "this server shows no training runs (--runs)")
    }
    defer { free(real) }
    return String(cString: real)
  }

  /// The runs with a report; names that are not plain are left out.
  private static func reports(_ state: ServerState) throws(APIError) -> [String] {
    let root = try root(state)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.sorted().filter {
      AdapterDirectory.isName($0) && isThere("\(root)/\($0)/report.html")
    }
  }

  private static func isThere(_ path: String) -> Bool {
    guard let real = realpath(path, nil) else { return false }
    defer { free(real) }
    return String(cString: real) == path
  }
}
