import Foundation
import HTTPTypes
import SafeIO
import Server
import Testing

@Suite struct RouteTests {
  @Test func unknownPathsAndMethodsAreToldApart() async throws {
    let server = TestServer.common

    let path = try await server.get("/v1/nothing")
    let method = try await server.get("/v1/chat/completions")
    let deletion = try await server.send(.delete, "/v1/models")

    #expect(path.status == 404 && path.json["error"]?["type"] == "invalid_request_error")
    #expect(method.status == 405 && method.headers[.allow] == "POST")
    #expect(deletion.status == 405 && deletion.headers[.allow] == "GET")
    for strange in ["//health", "/v1/../health", "/%2e%2e/health", "/runs/..%2f..%2fetc"] {
      let reply = try await server.get(strange)
      #expect(reply.status == 404, "\(strange)")
    }
  }

  @Test func modelsAreListedAndRetrieved() async throws {
    let server = try TestServer { $0.modelName = "org/tiny" }

    let list = try await server.get("/v1/models")
    let one = try await server.get("/v1/models/org%2Ftiny")
    let none = try await server.get("/v1/models/org%2Fother")

    #expect(list.json["object"] == "list")
    #expect(list.json["data"]?.array?.first == one.json)
    #expect(one.json["id"] == "org/tiny" && one.json["max_model_len"] == 128)
    #expect(none.status == 404 && none.json["error"]?["code"] == "model_not_found")
  }

  @Test func tokenizingThereAndBackGivesTheText() async throws {
    let server = TestServer.common
    let text = "héllo <|im_end|> 👋"

    let tokens = try await server.post(
      "/tokenize", ["prompt": JSON(text), "return_token_strs": true])
    let back = try await server.post("/detokenize", ["tokens": tokens.json["tokens"] ?? []])
    let info = try await server.get("/tokenizer_info")

    #expect(tokens.json["count"]?.int == tokens.json["tokens"]?.array?.count)
    #expect(tokens.json["token_strs"]?.array?.count == tokens.json["count"]?.int)
    #expect(back.json["prompt"]?.string == text)
    // What a user spells out is no control token.
    let end = try #require(info.json["eos_token_ids"]?.array?.first)
    #expect(tokens.json["tokens"]?.array?.contains(end) == false)
    #expect(info.json["eos_token"] == "<|im_end|>")
  }

  @Test func theTemplateIsAppliedAsForChat() async throws {
    let server = TestServer.common
    let messages: JSON = [["role": "user", "content": "Hello"]]

    let template = try await server.post("/apply-template", ["messages": messages])
    let tokens = try await server.post("/tokenize", ["messages": messages])
    let chat = try await server.chat("Hello", ["return_token_ids": true])

    #expect(template.json["prompt"]?.string?.contains("<|im_start|>user\nHello") == true)
    #expect(template.json["tokens"] == tokens.json["tokens"])
    #expect(template.json["tokens"] == chat.json["prompt_token_ids"])
  }

  @Test func embeddingsComeAsNumbersOrBytesOfLengthOne() async throws {
    let server = TestServer.common

    let numbers = try await server.post(
      "/v1/embeddings", ["model": "tiny", "input": ["hello", "there"]])
    let bytes = try await server.post(
      "/v1/embeddings",
      ["model": "tiny", "input": "hello", "encoding_format": "base64"])
    let short = try await server.post(
      "/v1/embeddings", ["model": "tiny", "input": "hello", "dimensions": 4])
    let empty = try await server.post("/v1/embeddings", ["model": "tiny", "input": ""])
    let deep = try await server.post(
      "/v1/embeddings", ["model": "tiny", "input": "a", "dimensions": 33])

    let data = try #require(numbers.json["data"]?.array)
    #expect(data.map { $0["index"] } == [0, 1])
    let vector = data[0]["embedding"]?.array?.compactMap(\.double) ?? []
    #expect(vector.count == 32)
    #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    let text = try #require(bytes.json["data"]?.array?.first?["embedding"]?.string)
    let decoded = try #require(Data(base64Encoded: text))
    let floats = stride(from: 0, to: decoded.count, by: 4).map { place in
      Double(
        Float(
          bitPattern: (0..<4).reduce(UInt32(0)) {
            $0 | UInt32(decoded[place + $1]) << UInt32(8 * $1)
          }))
    }
    #expect(floats == vector)
    let cut = short.json["data"]?.array?.first?["embedding"]?.array?.compactMap(\.double) ?? []
    #expect(cut.count == 4 && abs(cut.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    #expect(abs(cut[1] / cut[0] - vector[1] / vector[0]) < 1e-4)
    #expect(empty.status == 400 && empty.json["error"]?["param"] == "input")
    #expect(deep.status == 400 && deep.json["error"]?["param"] == "dimensions")
  }

  @Test func metricsCountRequestsAndTokens() async throws {
    let server = try TestServer()
    let reply = try await server.chat("Hello")
    _ = try await server.get("/nothing")

    let text = try await server.get("/metrics").text
    let stats = try await server.get("/stats").json

    let count = try #require(reply.json["usage"]?["completion_tokens"]?.int)
    #expect(text.contains("graft_completion_tokens_total \(count)\n"))
    #expect(
      text.contains(
        "graft_requests_total{route=\"/v1/chat/completions\",status=\"200\"} 1\n"))
    #expect(text.contains("graft_requests_total{route=\"unknown\",status=\"404\"} 1\n"))
    #expect(text.contains("graft_first_token_seconds_count 1\n"))
    #expect(stats["completion_tokens"]?.int == count && stats["running"] == 0)
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      #expect(Double(line.split(separator: " ").last ?? "") != nil, "\(line)")
    }
  }

  @Test func keysAreNeededWhereThereAreAny() async throws {
    let server = try TestServer { $0.keys = ["client-key-0000001", "client-key-0000002"] }

    let none = try await server.get("/v1/models")
    let wrong = try await server.get(
      "/v1/models", [.authorization: "Bearer client-key-0000003"])
    let query = try await server.get("/v1/models?api_key=client-key-0000001")
    let right = try await server.get(
      "/v1/models", [.authorization: "Bearer client-key-0000002"])
    let health = try await server.get("/health")

    for reply in [none, wrong, query] {
      #expect(reply.status == 401 && reply.json["error"]?["code"] == "invalid_api_key")
    }
    #expect(right.status == 200 && health.status == 200)
  }

  @Test func pagesOfOtherOriginsAreNotAnswered() async throws {
    let server = TestServer.common

    let foreign = try await server.get("/v1/models", [.origin: "https://evil.example"])
    let own = try await server.get("/v1/models", [.origin: "http://localhost"])

    #expect(foreign.status == 403 && own.status == 200)
    #expect(foreign.headers[.accessControlAllowOrigin] == nil)
  }

  @Test func requestIdentifiersAreTheClientsOnlyWhenHarmless() async throws {
    let server = TestServer.common
    let name = try #require(HTTPField.Name("x-request-id"))

    let plain = try await server.get("/health", [name: "abc-1.2_3"])
    let long = try await server.get("/health", [name: String(repeating: "a", count: 10_000)])
    let odd = try await server.get("/health", [name: "a b;c"])

    #expect(plain.headers[name] == "abc-1.2_3")
    #expect(long.headers[name]?.hasPrefix("req-") == true)
    #expect(odd.headers[name]?.hasPrefix("req-") == true)
  }

  @Test func thePageNeedsNothingFromOutside() async throws {
    let reply = try await TestServer.common.get("/")

    let policy = try #require(reply.headers[.contentSecurityPolicy])
    #expect(reply.status == 200)
    #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
    for sign in ["http://", "https://", "//cdn", "@import", "innerHTML", "onclick="] {
      #expect(!reply.text.contains(sign), "\(sign)")
    }
  }

  @Test func runsShowOnlyReportsOfDirectoriesBelow() async throws {
    let root = try TestServer.adapterDirectory([])
    defer { try? FileManager.default.removeItem(atPath: root) }
    let files = FileManager.default
    for name in ["good", "empty"] {
      try files.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
    }
    try Data("<h1>Good</h1>".utf8).write(to: URL(fileURLWithPath: "\(root)/good/report.html"))
    try Data("secret".utf8).write(to: URL(fileURLWithPath: "\(root)/good/run.json"))
    try files.createSymbolicLink(
      atPath: "\(root)/empty/report.html", withDestinationPath: "/etc/hostname")
    try files.createSymbolicLink(atPath: "\(root)/linked", withDestinationPath: "\(root)/good")
    let server = try TestServer { $0.runsRoot = root }

    let list = try await server.get("/runs")
    let good = try await server.get("/runs/good")

    #expect(list.text.contains("/runs/good") && !list.text.contains("empty"))
    #expect(!list.text.contains("linked"))
    #expect(good.status == 200 && good.text == "<h1>Good</h1>")
    #expect(good.headers[.contentSecurityPolicy]?.contains("script-src") == false)
    #expect(good.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
    for name in ["empty", "linked", "..", "good%2Frun.json", "good/run.json", "%2e%2e%2fx"] {
      let reply = try await server.get("/runs/\(name)")
      #expect(reply.status == 404, "\(name)")
    }
    let without = try await TestServer.common.get("/runs")
    #expect(without.status == 404 && without.text.contains("<p>This server shows no training runs"))
  }
}
