import Foundation
import SafeIO
import Testing

/// Calls of functions, with templates that write them as Qwen's and as Llama's do.
@Suite struct ToolTests {
  private static let templates = ["thinking", "headers"]

  private static let tools: JSON = [
    [
      "type": "function",
      "function": [
        "name": "set_alarm", "description": "Sets an alarm.",
        "parameters": [
          "type": "object",
          "properties": [
            "hour": ["type": "integer", "minimum": 0, "maximum": 23],
            "day": ["$ref": "#/$defs/day"],
          ], "required": ["hour", "day"], "additionalProperties": false,
          "$defs": ["day": ["enum": ["Monday", "Sunday"]]],
        ],
      ],
    ],
    ["type": "function", "function": ["name": "stop_music"]],
  ]

  private func server(_ template: String) throws -> TestServer {
    let directory = try TestServer.modelDirectory(template: template)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try TestServer(model: directory)
  }

  private func request(_ more: JSON) -> JSON {
    var object = more.object ?? JSONObject()
    object["tools"] = Self.tools
    object["temperature"] = 1.5
    object["max_tokens"] = 120
    return JSON(object)
  }

  private func isValid(_ call: JSON) -> Bool {
    guard call["type"] == "function", call["id"]?.string?.hasPrefix("call_") == true,
      let text = call["function"]?["arguments"]?.string,
      let arguments = try? JSON(parsing: text).object
    else { return false }
    if call["function"]?["name"] == "stop_music" { return arguments.isEmpty }
    return call["function"]?["name"] == "set_alarm" && arguments.count == 2
      && (0...23).contains(arguments["hour"]?.int ?? -1)
      && ["Monday", "Sunday"].contains(arguments["day"]?.string)
  }

  @Test(arguments: templates) func aCallThatIsRequiredIsMadeAndValid(template: String) async throws
  {
    let server = try server(template)

    for seed in 0..<8 {
      let reply = try await server.chat(
        "Hi", request(["tool_choice": "required", "seed": JSON(seed)]))

      let choice = try #require(reply.json["choices"]?.array?.first, "\(reply.text)")
      let calls = try #require(choice["message"]?["tool_calls"]?.array)
      #expect(choice["finish_reason"] == "tool_calls")
      #expect(choice["message"]?["content"]?.isNull == true)
      #expect(!calls.isEmpty && calls.allSatisfy(isValid), "\(reply.text)")
    }
  }

  @Test(arguments: templates) func theFunctionThatIsNamedIsCalledOnce(template: String) async throws
  {
    let server = try server(template)
    let choice: JSON = ["type": "function", "function": ["name": "stop_music"]]

    let reply = try await server.chat("Hi", request(["tool_choice": choice, "n": 2, "seed": 3]))

    let choices = try #require(reply.json["choices"]?.array)
    let calls = choices.map { $0["message"]?["tool_calls"]?.array ?? [] }
    #expect(calls.map(\.count) == [1, 1])
    #expect(
      calls.joined().allSatisfy { $0["function"] == ["name": "stop_music", "arguments": "{}"] })
  }

  @Test(arguments: templates) func aStreamTellsTheSameCallsAndText(template: String) async throws {
    let server = try server(template)

    for (seed, choice) in [(1, "required"), (2, "required"), (3, "auto"), (4, "auto")] {
      let more = request(["tool_choice": JSON(choice), "seed": JSON(seed), "logprobs": true])
      let whole = try await server.chat("Hi", more)
      var object = try #require(more.object)
      object["stream"] = true
      let streamed = try await server.chat("Hi", JSON(object))

      let message = try #require(whole.json["choices"]?.array?.first?["message"])
      let choices = streamed.chunks.compactMap { $0["choices"]?.array?.first }
      let text = choices.compactMap { $0["delta"]?["content"]?.string }.joined()
      #expect(text == message["content"]?.string ?? "")
      let calls = choices.flatMap { $0["delta"]?["tool_calls"]?.array ?? [] }
      #expect(
        calls.map { $0["function"] } == (message["tool_calls"]?.array ?? []).map { $0["function"] })
      #expect(calls.map { $0["index"]?.int } == calls.indices.map { $0 })
      #expect(
        choices.compactMap { $0["finish_reason"]?.string }
          == [whole.json["choices"]?.array?.first?["finish_reason"]?.string])
      let logprobs = choices.flatMap { $0["logprobs"]?["content"]?.array ?? [] }
      #expect(logprobs == whole.json["choices"]?.array?.first?["logprobs"]?["content"]?.array)
    }
  }

  @Test func withoutACallNothingIsTakenOutOfTheText() async throws {
    let server = try server("thinking")

    let none = try await server.chat("Hi", request(["tool_choice": "none", "seed": 1]))
    var object = JSONObject()
    (object["temperature"], object["max_tokens"], object["seed"]) = (1.5, 120, 1)
    let plain = try await server.chat("Hi", JSON(object))

    #expect(none.json["choices"] == plain.json["choices"])
    #expect(none.json["usage"]?["prompt_tokens"] == plain.json["usage"]?["prompt_tokens"])
  }

  @Test func callsAndResultsOfEarlierTurnsAreWrittenAsTheTemplateDoes() async throws {
    let server = try server("thinking")
    let messages: JSON = [
      ["role": "user", "content": "Music off"],
      [
        "role": "assistant", "content": nil,
        "tool_calls": [
          [
            "id": "call_1", "type": "function",
            "function": ["name": "set_alarm", "arguments": #"{"hour":7}"#],
          ]
        ],
      ],
      ["role": "tool", "tool_call_id": "call_1", "content": "done"],
    ]

    let reply = try await server.post("/apply-template", ["messages": messages])
    let text = try #require(reply.json["prompt"]?.string, "\(reply.text)")

    #expect(
      text.contains(
        "<tool_call>\n{\"name\": \"set_alarm\", \"arguments\": {\"hour\": 7}}\n</tool_call>"))
    #expect(text.contains("<tool_response>\ndone\n</tool_response>"))
  }

  @Test(arguments: [
    (#"{"tools": [{"type": "x", "function": {"name": "f"}}]}"#, "tools[0].type"),
    (#"{"tools": [{"type": "function", "function": {"name": "a b"}}]}"#, "tools[0].function.name"),
    (
      #"{"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]}"#,
      "tools[0].function.parameters"
    ),
    (
      #"{"tools": [{"type": "function", "function": {"name": "f", "colour": 1}}]}"#,
      "tools[0].function.colour"
    ),
    (
      #"{"tools": [{"type": "function", "function": {"name": "f", "parameters": {"not": {}}}}]}"#,
      "tools"
    ),
    (
      #"{"tool_choice": {"type": "function", "function": {"name": "g"}}, "tools": [{"type": "function", "function": {"name": "f"}}]}"#,
      "tool_choice.function.name"
    ),
    (
      #"{"response_format": {"type": "json_object"}, "tools": [{"type": "function", "function": {"name": "f"}}]}"#,
      "tools"
    ),
    (
      #"{"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "[]"}}]}]}"#,
      "messages[0].tool_calls[0].function.arguments"
    ),
  ]) func mistakesAreNamed(body: String, param: String) async throws {
    let server = try server("thinking")

    let reply = try await server.chat("Hi", JSON(parsing: body))

    #expect(reply.status == 400)
    #expect(reply.json["error"]?["param"]?.string == param, "\(reply.text)")
  }
}
