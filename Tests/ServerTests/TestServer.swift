import Adapters
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Inference
import Logging
import Models
import NIOCore
import NN
import SafeIO
import Server
import TensorCore

/// A server of the tiny model, asked without a network: 320 tokens, a context of 128.
struct TestServer: Sendable {
  /// What came back.
  struct Reply: Sendable {
    var status: Int
    var headers: HTTPFields
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON, null where it is none.
    var json: JSON { (try? JSON(parsing: body)) ?? .null }

    /// The objects of a stream of events, without its end.
    var chunks: [JSON] {
      text.split(separator: "\n").filter { $0.hasPrefix("data: {") }
        .compactMap { try? JSON(parsing: String($0.dropFirst(6))) }
    }
  }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let model = root.appendingPathComponent("Tests/Fixtures/Models/llama-bpe-tied").path

  let engine: ServingEngine
  let server: GraftServer

  init(
    model: String = Self.model,
    engine configuration: ServingConfiguration = .init(numerics: .exact),
    _ change: (inout ServerConfiguration) -> Void = { _ in }
  ) throws {
    engine = try ServingEngine(modelPath: model, configuration: configuration)
    var configuration = ServerConfiguration()
    configuration.modelName = "tiny"
    change(&configuration)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    server = try GraftServer(engine: engine, configuration: configuration, logger: logger)
  }

  /// What the engine has done, once it has nothing left to do.
  func idle() async throws -> ServingStatistics {
    while engine.statistics.running + engine.statistics.waiting > 0 {
      try await Task.sleep(for: .milliseconds(1))
    }
    return engine.statistics
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]? = nil,
    _ headers: HTTPFields = HTTPFields()
  ) async throws -> Reply {
    try await server.application().test(.router) { client in
      var headers = headers
      if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
      let response = try await client.executeRequest(
        uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) })
      return Reply(
        status: response.status.code, headers: response.headers,
        body: Array(response.body.readableBytesView))
    }
  }

  func get(_ path: String, _ headers: HTTPFields = HTTPFields()) async throws -> Reply {
    try await send(.get, path, nil, headers)
  }

  func post(_ path: String, _ body: JSON, _ headers: HTTPFields = HTTPFields()) async throws
    -> Reply
  {
    try await send(.post, path, Array(body.serialized().utf8), headers)
  }

  /// A chat request with further members.
  func chat(_ text: String = "ab", _ more: JSON = [:]) async throws -> Reply {
    try await post("/v1/chat/completions", Self.chatBody(text, more))
  }

  static func chatBody(_ text: String = "ab", _ more: JSON = [:]) -> JSON {
    merged(
      [
        "model": "tiny", "messages": [["role": "user", "content": JSON(text)]], "max_tokens": 8,
        "temperature": 0,
      ], more)
  }

  /// A completion request with further members.
  func complete(_ prompt: JSON = "abc", _ more: JSON = [:]) async throws -> Reply {
    try await post("/v1/completions", Self.completionBody(prompt, more))
  }

  static func completionBody(_ prompt: JSON = "abc", _ more: JSON = [:]) -> JSON {
    merged(["model": "tiny", "prompt": prompt, "max_tokens": 8, "temperature": 0], more)
  }

  private static func merged(_ json: JSON, _ more: JSON) -> JSON {
    var object = json.object ?? JSONObject()
    for (key, value) in more.object ?? JSONObject() { object[key] = value }
    return JSON(object)
  }

  /// Writes the tiny model with a chat template of `Tests/Fixtures/Tokenization/template-cases.json`, and a context in which
  /// tools have room, into a directory that the caller removes.
  static func modelDirectory(template: String) throws -> String {
    let cases = root.appendingPathComponent("Tests/Fixtures/Tokenization/template-cases.json").path
    let templates = try JSON(parsing: InputFile.contents(of: cases, maxBytes: 1 << 24))["templates"]
    // The tiny model ends its turns with the one token that it has for that.
    let text = (templates?[template]?.string ?? "")
      .replacingOccurrences(of: "<|eot_id|>", with: "<|im_end|>")
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "graft-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: URL(fileURLWithPath: model), to: directory)
    try Data(text.utf8).write(to: directory.appendingPathComponent("chat_template.jinja"))
    let file = directory.appendingPathComponent("config.json")
    let configuration = try String(contentsOf: file, encoding: .utf8)
      .replacingOccurrences(
        of: #""max_position_embeddings": 128"#, with: #""max_position_embeddings": 4096"#)
    try Data(configuration.utf8).write(to: file)
    return directory.path
  }

  /// Writes adapters whose weights differ into a directory that the caller removes; every second one is a DoRA with token
  /// rows of its own.
  static func adapterDirectory(_ names: [String]) throws -> String {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(
      "graft-\(UUID().uuidString)"
    ).path
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    for (index, name) in names.enumerated() {
      let bundle = try ModelBundle(path: model)
      var configuration = LoRAConfiguration(rank: 2, alpha: 8, targets: ["all-linear"])
      if index % 2 == 1 {
        configuration.usesDoRA = true
        configuration.trainedTokens = [65, 66, 67]
      }
      let adapter = try LoRAAdapter(
        configuration, attachingTo: bundle.model, seed: UInt64(index))
      var generator = RandomGenerator(seed: 5, stream: UInt64(index))
      for (_, layer) in adapter.layers {
        layer.up.value = Tensor(shape: layer.up.value.shape) { values in
          for place in 0..<layer.up.value.count { values[place] = Float(generator.nextNormal()) }
        }
      }
      try adapter.save(to: "\(root)/\(name)", trainedOn: bundle.fingerprint())
    }
    return root
  }
}
