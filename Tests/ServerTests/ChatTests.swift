import HTTPTypes
import SafeIO
import TestSupport
import Testing

@Suite struct ChatTests {
  @Test func anAnswerHasTheShapeOfTheAPI() async throws {
    let server = try TestServer()

    let reply = try await server.chat("Hello", ["seed": 7, "n": 2, "temperature": 1])

    let json = reply.json
    #expect(reply.status == 200)
    #expect(reply.headers[.contentType] == "application/json")
    #expect(json["id"]?.string?.hasPrefix("chatcmpl-") == true)
    #expect(json["object"] == "chat.completion" && json["model"] == "tiny")
    let choices = try #require(json["choices"]?.array)
    #expect(choices.map { $0["index"] } == [0, 1])
    for choice in choices {
      #expect(choice["message"]?["role"] == "assistant")
      #expect(choice["message"]?["content"]?.string != nil)
      #expect(["stop", "length"].contains(choice["finish_reason"]?.string))
    }
    let usage = try #require(json["usage"])
    let (prompt, completion) = (usage["prompt_tokens"]?.int, usage["completion_tokens"]?.int)
    #expect(usage["total_tokens"]?.int == (prompt ?? 0) + (completion ?? 0))
    #expect((completion ?? 0) > 0)
  }

  @Test func theReceiptIsTheSameForTheSameRequestAndTellsTheSeed() async throws {
    let server = try TestServer()

    let first = try await server.chat("Hello", ["seed": -7])
    let again = try await server.chat("Hello", ["seed": -7])
    let other = try await server.chat("Hello", ["seed": 8])

    #expect(first.json["graft"] == again.json["graft"])
    #expect(first.json["graft"]?["seed"] == -7)
    #expect(first.headers[.init("x-graft-receipt")!] == first.json["graft"]?["receipt"]?.string)
    #expect(first.json["graft"]?["receipt"] != other.json["graft"]?["receipt"])
  }

  @Test(arguments: [1, 7, 42])
  func streamedTextIsTheTextInOnePiece(seed: Int) async throws {
    let server = try TestServer()
    let more: JSON = [
      "seed": JSON(seed), "temperature": 1.2, "max_tokens": 40, "logprobs": true,
      "top_logprobs": 2, "stop": ["ab", "th"],
    ]

    let whole = try await server.chat("Hello", more)
    var object = try #require(more.object)
    object["stream"] = true
    object["stream_options"] = ["include_usage": true]
    let streamed = try await server.chat("Hello", JSON(object))

    #expect(streamed.headers[.contentType] == "text/event-stream; charset=utf-8")
    #expect(streamed.text.hasSuffix("data: [DONE]\n\n"))
    let chunks = streamed.chunks
    #expect(chunks.first?["choices"]?.array?.first?["delta"]?["role"] == "assistant")
    #expect(Set(chunks.compactMap { $0["id"]?.string }).count == 1)
    let choices = chunks.compactMap { $0["choices"]?.array?.first }
    let text = choices.compactMap { $0["delta"]?["content"]?.string }.joined()
    let choice = try #require(whole.json["choices"]?.array?.first)
    #expect(text == choice["message"]?["content"]?.string)
    #expect(choices.compactMap { $0["finish_reason"]?.string } == [choice["finish_reason"]?.string])
    let logprobs = choices.flatMap { $0["logprobs"]?["content"]?.array ?? [] }
    #expect(logprobs == choice["logprobs"]?["content"]?.array)
    #expect(
      chunks.last?["usage"]?["completion_tokens"] == whole.json["usage"]?["completion_tokens"])
    #expect(chunks.dropLast().allSatisfy { $0["usage"]?.isNull == true })
  }

  @Test func contentInPartsIsTheSameAsText() async throws {
    let server = try TestServer()
    let parts: JSON = [
      "messages": [
        [
          "role": "user",
          "content": [["type": "text", "text": "He"], ["type": "text", "text": "llo"]],
        ]
      ]
    ]

    let asParts = try await server.chat("", parts)
    let asText = try await server.chat("Hello")

    #expect(asParts.status == 200)
    #expect(asParts.json["choices"] == asText.json["choices"])
    #expect(asParts.json["usage"]?["prompt_tokens"] == asText.json["usage"]?["prompt_tokens"])
  }

  @Test func logprobsHoldTheChosenTokenAmongTheMostProbable() async throws {
    let server = try TestServer()

    let reply = try await server.chat("Hello", ["logprobs": true, "top_logprobs": 3])

    let content = try #require(
      reply.json["choices"]?.array?.first?["logprobs"]?["content"]?.array)
    #expect(!content.isEmpty)
    for entry in content {
      let top = try #require(entry["top_logprobs"]?.array)
      #expect(top.count == 3)
      // Greedy: the first of the most probable is the one that was chosen, the same number twice.
      #expect(top.first?["token"] == entry["token"])
      #expect(top.first?["logprob"] == entry["logprob"])
      let numbers = top.compactMap { $0["logprob"]?.double }
      #expect(numbers == numbers.sorted(by: >) && numbers.allSatisfy { $0 <= 0 })
    }
  }

  /// A conversation is written once, not once for each of its turns.
  @Test(.timeLimit(.minutes(1))) func aConversationOfManyTurnsIsSoonRefused() async throws {
    let server = try TestServer()
    let turns = (0..<2048).flatMap { turn -> [JSON] in
      [
        ["role": "user", "content": JSON("q\(turn)")],
        ["role": "assistant", "content": JSON("a\(turn)")],
      ]
    }

    let reply = try await server.chat("", ["messages": JSON(turns)])

    #expect(reply.status == 400 && reply.json["error"]?["code"] == "context_length_exceeded")
  }

  /// What a grammar completes is complete, whatever else was asked for.
  @Test(
    arguments: [
      [
        "response_format": [
          "type": "json_schema", "json_schema": ["name": "a", "schema": ["const": 1]],
        ], "min_tokens": 8,
      ],
      ["regex": "a|ab", "min_tokens": 8], ["regex": "a|ab", "ignore_eos": true],
    ] as [JSON]) func aGrammarEndsTheAnswerBeforeTheLeastNumberOfTokens(more: JSON) async throws
  {
    let server = try TestServer()

    let reply = try await server.chat("Hi", more)

    let choice = reply.json["choices"]?.array?.first
    #expect(choice?["finish_reason"] == "stop", "\(reply.text)")
    #expect(["1", "a", "ab"].contains(choice?["message"]?["content"]?.string))
  }

  @Test func continuingTheLastMessageLeavesItOpen() async throws {
    let server = try TestServer()
    let messages: JSON = [
      ["role": "user", "content": "Hello"], ["role": "assistant", "content": "abc"],
    ]
    let template = try await server.post(
      "/apply-template", ["messages": messages, "add_generation_prompt": false])

    let reply = try await server.chat(
      "", ["messages": messages, "continue_final_message": true, "return_token_ids": true])

    let ids = reply.json["prompt_token_ids"]?.ints ?? []
    let rendered = template.json["tokens"]?.ints ?? []
    #expect(ids.count < rendered.count)
    #expect(Array(rendered.prefix(ids.count)) == ids)
    let text = try await server.post("/detokenize", ["tokens": JSON(ids)])
    #expect(text.json["prompt"]?.string?.hasSuffix("abc") == true)
  }

  @Test func anAnswerThatCannotFitIsRefusedWithTheNumbers() async throws {
    let server = try TestServer()

    let reply = try await server.chat("Hello", ["max_tokens": 128])

    #expect(reply.status == 400)
    #expect(reply.json["error"]?["code"] == "context_length_exceeded")
    let message = try #require(reply.json["error"]?["message"]?.string)
    #expect(message.contains("128"))
  }
}
