import Foundation
import HTTPTypes
import SafeIO
import Server
import Testing

@Suite struct AdapterRouteTests {
  @Test func adaptersAreLoadedUsedReplacedAndUnloadedByName() async throws {
    let root = try TestServer.adapterDirectory(["one", "two"])
    defer { try? FileManager.default.removeItem(atPath: root) }
    let server = try TestServer {
      $0.adapterRoot = root
      $0.allowsAdapterAdministration = true
    }

    let loaded = try await server.post("/v1/load_lora_adapter", ["lora_name": "one"])
    let again = try await server.post("/v1/load_lora_adapter", ["lora_name": "one"])
    let base = try await server.chat("Hello")
    let adapted = try await server.chat("Hello", ["model": "one"])
    let replaced = try await server.post(
      "/v1/load_lora_adapter",
      ["lora_name": "one", "lora_path": "two", "load_inplace": true])
    let other = try await server.chat("Hello", ["model": "one"])
    let listed = try await server.get("/v1/models")
    let deleted = try await server.send(.delete, "/v1/models/one")
    let gone = try await server.chat("Hello", ["model": "one"])

    #expect(loaded.status == 200 && loaded.json["adapter"]?["base_verified"] == true)
    #expect(loaded.json["parent"] == "tiny")
    #expect(again.status == 409 && again.headers[.init("x-should-retry")!] == "false")
    let texts = [base, adapted, other].map { $0.json["choices"]?.array?.first?["message"] }
    #expect(texts[0] != texts[1] && texts[1] != texts[2])
    #expect(adapted.json["graft"]?["adapter"] == loaded.json["adapter"]?["sha256"])
    #expect(other.json["graft"]?["adapter"] == replaced.json["adapter"]?["sha256"])
    #expect(listed.json["data"]?.array?.compactMap { $0["id"]?.string } == ["tiny", "one"])
    #expect(deleted.json["deleted"] == true)
    #expect(gone.status == 404)
  }

  @Test(arguments: [
    "../one", "/etc", "one/../one", ".", "..", "", "one\u{0}", ".hidden", "a b", "ö",
    String(repeating: "a", count: 65),
  ])
  func whatIsNoNameReachesNoFile(path: String) async throws {
    let root = try TestServer.adapterDirectory([])
    defer { try? FileManager.default.removeItem(atPath: root) }
    let server = try TestServer {
      $0.adapterRoot = root
      $0.allowsAdapterAdministration = true
    }

    let reply = try await server.post(
      "/v1/load_lora_adapter", ["lora_name": "a", "lora_path": JSON(path)])
    let name = try await server.post("/v1/load_lora_adapter", ["lora_name": JSON(path)])

    #expect(reply.status == 400 && reply.json["error"]?["param"] == "lora_path")
    #expect(name.status == 400 && name.json["error"]?["param"] == "lora_name")
  }

  @Test func linksLeadNowhere() async throws {
    let outside = try TestServer.adapterDirectory(["secret"])
    let root = try TestServer.adapterDirectory(["inside"])
    defer {
      try? FileManager.default.removeItem(atPath: root)
      try? FileManager.default.removeItem(atPath: outside)
    }
    let files = FileManager.default
    try files.createSymbolicLink(
      atPath: "\(root)/link", withDestinationPath: "\(outside)/secret")
    try files.copyItem(atPath: "\(root)/inside", toPath: "\(root)/half")
    try files.removeItem(atPath: "\(root)/half/adapter_model.safetensors")
    try files.createSymbolicLink(
      atPath: "\(root)/half/adapter_model.safetensors",
      withDestinationPath: "\(outside)/secret/adapter_model.safetensors")
    let server = try TestServer {
      $0.adapterRoot = root
      $0.allowsAdapterAdministration = true
    }

    for name in ["link", "half", "absent"] {
      let reply = try await server.post("/v1/load_lora_adapter", ["lora_name": JSON(name)])
      #expect(reply.status == 404, "\(name)")
    }
    #expect(server.server.loadAdapters() == ["inside"])
  }

  @Test func brokenAdaptersAndThoseOfAnotherBaseAreRefusedWithTheReason() async throws {
    let root = try TestServer.adapterDirectory(["broken", "foreign"])
    defer { try? FileManager.default.removeItem(atPath: root) }
    try Data("{".utf8).write(to: URL(fileURLWithPath: "\(root)/broken/adapter_config.json"))
    let manifest = URL(fileURLWithPath: "\(root)/foreign/graft.json")
    let text = try String(contentsOf: manifest, encoding: .utf8)
    let json = try JSON(parsing: text)
    let hash = try #require(json["base"]?["weights_sha256"]?.string ?? Self.hash(in: text))
    try text.replacingOccurrences(of: hash, with: String(repeating: "0", count: hash.count))
      .write(to: manifest, atomically: true, encoding: .utf8)
    let server = try TestServer {
      $0.adapterRoot = root
      $0.allowsAdapterAdministration = true
    }

    let broken = try await server.post("/v1/load_lora_adapter", ["lora_name": "broken"])
    let foreign = try await server.post("/v1/load_lora_adapter", ["lora_name": "foreign"])

    #expect(broken.status == 422 && broken.json["error"]?["code"] == "adapter_invalid")
    #expect(!broken.text.contains(root))
    #expect(foreign.status == 409 && foreign.json["error"]?["code"] == "adapter_conflict")
    let chat = try await server.chat("a", ["model": "broken"])
    #expect(chat.status == 404)
  }

  /// The first SHA-256 that stands in a text.
  private static func hash(in text: String) -> String? {
    text.split { !$0.isHexDigit }.first { $0.count == 64 }.map { String($0) }
  }

  @Test func withoutPermissionNothingIsLoadedOrUnloaded() async throws {
    let root = try TestServer.adapterDirectory(["one"])
    defer { try? FileManager.default.removeItem(atPath: root) }
    let closed = try TestServer { $0.adapterRoot = root }
    let keyed = try TestServer {
      $0.adapterRoot = root
      $0.keys = ["client-key-0000001"]
      $0.adminKeys = ["admin-key-00000001"]
    }
    let client: HTTPFields = [.authorization: "Bearer client-key-0000001"]
    let administrator: HTTPFields = [.authorization: "Bearer admin-key-00000001"]

    let refused = try await closed.post("/v1/load_lora_adapter", ["lora_name": "one"])
    let byClient = try await keyed.post("/v1/load_lora_adapter", ["lora_name": "one"], client)
    let byAdministrator = try await keyed.post(
      "/v1/load_lora_adapter", ["lora_name": "one"], administrator)
    let deletion = try await keyed.send(.delete, "/v1/models/one", nil, client)
    let base = try await keyed.send(.delete, "/v1/models/tiny", nil, administrator)

    #expect(refused.status == 403 && byClient.status == 401 && deletion.status == 401)
    #expect(byAdministrator.status == 200)
    #expect(base.status == 403)
  }
}
