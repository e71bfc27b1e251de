import HTTPTypes
import Hummingbird
import SafeIO

/// Decides who may ask for what.
struct AccessControl: Sendable {
  /// Digests of the keys: of equal length, so that comparing them tells nothing of a key.
  private let clients: [[UInt8]]
  private let administrators: [[UInt8]]
  private let allowsAdministration: Bool
  /// Whether only this computer can connect, so that other names in `Host` come from a web page that
  /// had its own name point here.
  private let isLoopback: Bool

  init(_ configuration: ServerConfiguration) {
    clients = configuration.keys.map(Self.digest)
    administrators = configuration.adminKeys.map(Self.digest)
    allowsAdministration = configuration.allowsAdapterAdministration
    isLoopback = Self.isLoopback(configuration.host)
  }

  /// Lets in those who have a key, of the kind that the route needs.
  ///
  /// - Throws: `APIError`: 401 or 403.
  func admit(_ headers: HTTPFields, to right: Route.Right) throws(APIError) {
    let presented = Self.bearer(headers).map(Self.digest)
    switch right {
    case .everybody: return
    case .client:
      if clients.isEmpty { return }
      guard Self.contains(clients + administrators, presented) else {
        throw unauthorized(hasKey: presented != nil)
      }
    case .administrator:
      if administrators.isEmpty {
        try admit(headers, to: .client)
        guard allowsAdministration else {
          throw APIError(
            .forbidden, type: "permission_error", code: "adapter_admin_disabled",
            "loading and unloading adapters is not allowed on this server; it is with an admin key "
              + "or --allow-adapter-admin")
        }
        return
      }
      guard Self.contains(administrators, presented) else {
        throw unauthorized(hasKey: presented != nil)
      }
    }
  }

  /// Whose turn a request takes: that of its key, where keys are asked for, else of its address.
  func client(_ headers: HTTPFields, address: String) -> String {
    guard !clients.isEmpty, let key = Self.bearer(headers) else { return address }
    return String(decoding: Self.digest(key), as: UTF8.self)
  }

  /// Refuses what a web page of another origin sends.
  ///
  /// - Throws: `APIError`, 403.
  func checkOrigin(host: String?, _ headers: HTTPFields) throws(APIError) {
    let name = Self.hostName(host ?? "")
    if isLoopback, !name.isEmpty, !Self.isLoopback(name) {
      throw APIError(
        .forbidden, type: "permission_error", code: "host_not_allowed",
        "this server answers under the names of this computer only")
    }
    guard let origin = headers[.origin] else { return }
    let place = origin.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard place.lowercased() == (host ?? "").lowercased() else {
      throw APIError(
        .forbidden, type: "permission_error", code: "origin_not_allowed",
        "requests from pages of another origin are not answered")
    }
  }

  private func unauthorized(hasKey: Bool) -> APIError {
    var error = APIError(
      .unauthorized, code: "invalid_api_key",
      hasKey ? "the API key is not known" : "an API key is needed: Authorization: Bearer KEY")
    error.headers[.wwwAuthenticate] = "Bearer"
    return error
  }

  private static func bearer(_ headers: HTTPFields) -> String? {
    guard let value = headers[.authorization] else { return nil }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1])
  }

  private static func digest(_ key: String) -> [UInt8] {
    Array(FileHash.sha256(of: Array(key.utf8)).utf8)
  }

  /// Compares with every digest to its end, wherever the first difference is.
  private static func contains(_ digests: [[UInt8]], _ presented: [UInt8]?) -> Bool {
    guard let presented else { return false }
    var isKnown = false
    for digest in digests {
      var difference: UInt8 = digest.count == presented.count ? 0 : 1
      for (a, b) in zip(digest, presented) { difference |= a ^ b }
      isKnown = isKnown || difference == 0
    }
    return isKnown
  }

  /// The host of `host:port`, of `[::1]:port` too.
  private static func hostName(_ authority: String) -> String {
    if authority.hasPrefix("[") {
      return String(authority.dropFirst().prefix { $0 != "]" }).lowercased()
    }
    return String(authority.prefix { $0 != ":" }).lowercased()
  }

  private static func isLoopback(_ host: String) -> Bool {
    if ["localhost", "::1"].contains(host) { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
