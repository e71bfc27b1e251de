import HTTPTypes
import SafeIO
import Server
import Testing

/// Requests that a server must refuse with the member's name, and without harm.
@Suite struct BadInputTests {
  /// A refused member: its value as JSON text, and what the error names.
  struct Case: Sendable, CustomTestStringConvertible {
    var members: String
    var param: String
    var code = "invalid_value"
    var testDescription: String { String(members.prefix(60)) }
  }

  /// Both routes; `max_tokens` and the rest of a valid request are added unless they are there.
  static let shared: [Case] = [
    Case(members: #""n": 0"#, param: "n"), Case(members: #""n": -1"#, param: "n"),
    Case(members: #""n": 1000000000"#, param: "n"),
    Case(members: #""n": 1.5"#, param: "n", code: "invalid_type"),
    Case(members: #""n": "2""#, param: "n", code: "invalid_type"),
    Case(members: #""n": true"#, param: "n", code: "invalid_type"),
    Case(members: #""max_tokens": -1"#, param: "max_tokens"),
    Case(
      members: #""max_tokens": 1000000000000000000"#, param: "max_tokens",
      code: "context_length_exceeded"),
    Case(members: #""max_tokens": 100000000000000000000000"#, param: "max_tokens"),
    Case(members: #""temperature": -1"#, param: "temperature"),
    Case(members: #""temperature": 3"#, param: "temperature"),
    Case(members: #""temperature": "hot""#, param: "temperature", code: "invalid_type"),
    Case(members: #""top_p": 0"#, param: "top_p"), Case(members: #""top_p": 2"#, param: "top_p"),
    Case(members: #""presence_penalty": 2.5"#, param: "presence_penalty"),
    Case(members: #""frequency_penalty": -3"#, param: "frequency_penalty"),
    Case(members: #""repetition_penalty": 0"#, param: "repetition_penalty"),
    Case(members: #""min_p": 1.1"#, param: "min_p"),
    Case(members: #""top_k": -2"#, param: "top_k"),
    Case(members: #""seed": 1.5"#, param: "seed", code: "invalid_type"),
    Case(members: #""stop": """#, param: "stop[0]"),
    Case(members: #""stop": 5"#, param: "stop", code: "invalid_type"),
    Case(members: #""stop": ["a", 1]"#, param: "stop[1]", code: "invalid_type"),
    Case(
      members: #""stop": ["1","2","3","4","5","6","7","8","9","0","a","b","c","d","e","f","g"]"#,
      param: "stop"),
    Case(members: #""stop": "\#(String(repeating: "a", count: 1_000_000))""#, param: "stop[0]"),
    Case(members: #""logit_bias": {"-1": 1}"#, param: "logit_bias.-1"),
    Case(members: #""logit_bias": {"320": 1}"#, param: "logit_bias.320"),
    Case(members: #""logit_bias": {"01": 1}"#, param: "logit_bias.01"),
    Case(members: #""logit_bias": {"5": 1000000000}"#, param: "logit_bias.5"),
    Case(members: #""logit_bias": {"5": "a"}"#, param: "logit_bias.5", code: "invalid_type"),
    Case(members: #""logit_bias": [1]"#, param: "logit_bias", code: "invalid_type"),
    Case(
      members: "\"logit_bias\": {"
        + (0..<1025).map { "\"x\($0)\": 1" }.joined(separator: ",") + "}", param: "logit_bias"),
    Case(members: #""stream_options": {"include_usage": true}"#, param: "stream_options"),
    Case(
      members: #""stream": true, "stream_options": {"x": 1}"#, param: "stream_options.x",
      code: "unknown_parameter"),
    Case(members: #""stream": 1"#, param: "stream", code: "invalid_type"),
    Case(members: #""n_discard": -5"#, param: "n_discard", code: "unknown_parameter"),
    Case(members: #""response_format": {"type": "xml"}"#, param: "response_format.type"),
    Case(members: #""response_format": "json""#, param: "response_format", code: "invalid_type"),
    Case(
      members: #""response_format": {"type": "json_schema"}"#,
      param: "response_format.json_schema"),
    Case(members: #""lora": [{"id": 1}]"#, param: "lora", code: "unsupported_parameter"),
    Case(members: #""numerics": "fast""#, param: "numerics", code: "unsupported_parameter"),
    Case(members: #""deadline_ms": 0"#, param: "deadline_ms"),
    Case(members: #""stop_token_ids": [320]"#, param: "stop_token_ids[0]"),
    Case(members: #""min_tokens": 99"#, param: "min_tokens"),
  ]

  static let chat: [Case] = [
    Case(members: #""messages": null"#, param: "messages"),
    Case(members: #""messages": []"#, param: "messages"),
    Case(members: #""messages": "hi""#, param: "messages", code: "invalid_type"),
    Case(members: #""messages": [1]"#, param: "messages[0]", code: "invalid_type"),
    Case(members: #""messages": [{"role": "king", "content": "a"}]"#, param: "messages[0].role"),
    Case(members: #""messages": [{"role": "user"}]"#, param: "messages[0].content"),
    Case(
      members: #""messages": [{"role": "user", "content": 3}]"#, param: "messages[0].content",
      code: "invalid_type"),
    Case(
      members:
        #""messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]"#,
      param: "messages[0].content[0].type"),
    Case(
      members: #""messages": [{"role": "user", "content": "a", "x": 1}]"#, param: "messages[0].x",
      code: "unknown_parameter"),
    Case(
      members: "\"messages\": ["
        + Array(repeating: #"{"role":"user","content":"a"}"#, count: 4097).joined(separator: ",")
        + "]", param: "messages"),
    Case(members: #""top_logprobs": 5"#, param: "top_logprobs"),
    Case(members: #""logprobs": true, "top_logprobs": 21"#, param: "top_logprobs"),
    Case(members: #""logprobs": 3"#, param: "logprobs", code: "invalid_type"),
    Case(members: #""max_completion_tokens": 5"#, param: "max_tokens"),
    Case(members: #""tools": [{}]"#, param: "tools[0].type"),
    Case(
      members: #""tools": [{"type": "function", "function": {"name": "f"}}]"#, param: "tools",
      code: "unsupported_parameter"),
    Case(members: #""tool_choice": "required""#, param: "tool_choice"),
    Case(
      members: #""chat_template": "{{ x }}""#, param: "chat_template",
      code: "unsupported_parameter"),
    Case(
      members: #""chat_template_kwargs": {"a": 1}"#, param: "chat_template_kwargs",
      code: "unsupported_parameter"),
    Case(members: #""max_tokens": 0"#, param: "max_tokens"),
  ]

  static let completions: [Case] = [
    Case(members: #""prompt": null"#, param: "prompt"),
    Case(members: #""prompt": []"#, param: "prompt"),
    Case(members: #""prompt": """#, param: "prompt"),
    Case(members: #""prompt": {}"#, param: "prompt", code: "invalid_type"),
    Case(members: #""prompt": [1.5]"#, param: "prompt[0]", code: "invalid_type"),
    Case(members: #""prompt": [1, 320]"#, param: "prompt[1]"),
    Case(members: #""prompt": [[1], "a"]"#, param: "prompt[1]", code: "invalid_type"),
    Case(members: #""prompt": [[1], [-1]]"#, param: "prompt[1][0]"),
    Case(members: #""logprobs": -1"#, param: "logprobs"),
    Case(members: #""logprobs": 320"#, param: "logprobs"),
    Case(members: #""logprobs": true"#, param: "logprobs", code: "invalid_type"),
    Case(members: #""max_tokens": 0"#, param: "max_tokens"),
    Case(members: #""best_of": 3"#, param: "best_of", code: "unsupported_parameter"),
    Case(members: #""suffix": "x""#, param: "suffix", code: "unsupported_parameter"),
  ]

  @Test(arguments: shared + chat)
  func chatRefuses(_ refused: Case) async throws {
    try await check(
      "/v1/chat/completions", refused,
      [
        "model": #""tiny""#, "messages": #"[{"role": "user", "content": "a"}]"#,
        "max_tokens": "4",
      ])
  }

  @Test(arguments: shared + completions)
  func completionsRefuse(_ refused: Case) async throws {
    try await check(
      "/v1/completions", refused,
      ["model": #""tiny""#, "prompt": #""a""#, "max_tokens": "4"])
  }

  private func check(_ path: String, _ refused: Case, _ rest: [String: String]) async throws {
    let others = rest.filter { !refused.members.contains("\"\($0.key)\":") }
      .map { "\"\($0.key)\": \($0.value)" }.sorted()
    let body = "{" + (others + [refused.members]).joined(separator: ", ") + "}"

    let reply = try await TestServer.common.send(.post, path, Array(body.utf8))

    #expect(reply.status == 400)
    #expect(reply.json["error"]?["type"] == "invalid_request_error")
    #expect(reply.json["error"]?["param"]?.string == refused.param)
    #expect(reply.json["error"]?["code"]?.string == refused.code)
  }

  /// Bodies that are no JSON object, with what the message says of them.
  static let bodies: [(body: [UInt8], said: String)] = [
    (Array("".utf8), "empty"), (Array("{".utf8), "byte 1"), (Array("xyz".utf8), "byte 0"),
    (Array(#"{"model": "tiny"} x"#.utf8), "byte 18"),
    (Array(#"{"a": 1, "a": 2}"#.utf8), "twice"),
    (Array(#"{"a": NaN}"#.utf8), "byte 6"), (Array(#"{"a": 1e400}"#.utf8), "range"),
    (Array(String(repeating: "[", count: 10_000).utf8), "deeper"),
    (Array(#"{"a": ""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8), "UTF-8"),
    ([0xFF, 0xFE, 0x7B, 0x00], "byte 0"), ([0xEF, 0xBB, 0xBF, 0x7B, 0x7D], "byte order mark"),
    (Array("[]".utf8), "object"), (Array("null".utf8), "object"),
  ]

  @Test(arguments: bodies.indices)
  func bodiesThatAreNoObjectAreRefused(index: Int) async throws {
    let (body, said) = Self.bodies[index]

    let reply = try await TestServer.common.send(.post, "/v1/chat/completions", body)

    #expect(reply.status == 400)
    #expect(reply.json["error"]?["message"]?.string?.contains(said) == true, "\(reply.text)")
  }

  @Test func aModelThatIsMissingOrUnknownIsNamed() async throws {
    let server = TestServer.common
    let missing = try await server.chat("a", ["model": nil])
    let wrong = try await server.chat("a", ["model": "../../etc/passwd"])

    #expect(missing.status == 400 && missing.json["error"]?["param"] == "model")
    #expect(wrong.status == 404 && wrong.json["error"]?["code"] == "model_not_found")
    #expect(wrong.json["error"]?["message"]?.string?.contains("tiny") == true)
    #expect(!wrong.text.contains("passwd"))
  }

  @Test func bodiesOfOtherKindsAndSizesAreRefused() async throws {
    let server = try TestServer { $0.limits.bodyBytes = 2000 }
    let body = Array(TestServer.chatBody("a").serialized().utf8)

    let kind = try await server.send(
      .post, "/v1/chat/completions", body, [.contentType: "text/plain"])
    let packed = try await server.send(
      .post, "/v1/chat/completions", body,
      [.contentType: "application/json", .contentEncoding: "gzip"])
    let large = try await server.chat(String(repeating: "a", count: 3000))

    #expect(kind.status == 415 && packed.status == 415 && large.status == 413)
    #expect(large.headers[.connection] == "close")
  }

  @Test func aLenientServerNamesWhatItIgnores() async throws {
    let server = try TestServer { $0.isLenient = true }

    let reply = try await server.chat("a", ["flavour": 1, "n_discard": -5])

    #expect(reply.status == 200)
    #expect(reply.headers[.init("x-ignored-params")!] == "flavour, n_discard")
  }

  @Test func nullIsTheSameAsAbsent() async throws {
    let reply = try await TestServer.common.chat(
      "a", ["n": nil, "stop": nil, "tools": nil, "response_format": nil, "seed": nil])

    #expect(reply.status == 200)
  }
}

extension TestServer {
  /// A server for tests that change nothing of it.
  static let common: TestServer = {
    do { return try TestServer() } catch { fatalError("\(error)") }
  }()
}
