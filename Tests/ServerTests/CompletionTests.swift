import SafeIO
import TestSupport
import Testing

@Suite struct CompletionTests {
  @Test func theFourFormsOfPromptsSayTheSame() async throws {
    let server = try TestServer()
    let tokenized = try await server.post("/tokenize", ["prompt": "abc def"])
    let ids = try #require(tokenized.json["tokens"])

    let forms: [JSON] = ["abc def", ["abc def"], ids, [ids]]
    var texts: [String?] = []
    for form in forms {
      let reply = try await server.complete(form)
      #expect(reply.status == 200)
      texts.append(reply.json["choices"]?.array?.first?["text"]?.string)
    }

    #expect(texts.allSatisfy { $0 != nil && $0 == texts[0] })
  }

  @Test func choicesOfSeveralPromptsAreNumberedThrough() async throws {
    let server = try TestServer()

    let reply = try await server.complete(
      ["abc", "xyz"], ["n": 3, "seed": 1, "temperature": 1])

    let choices = try #require(reply.json["choices"]?.array)
    #expect(choices.compactMap { $0["index"]?.int } == Array(0..<6))
    let alone = try await server.complete("xyz", ["n": 3, "seed": 1, "temperature": 1])
    #expect(
      choices.suffix(3).map { $0["text"] } == alone.json["choices"]?.array?.map { $0["text"] })
  }

  /// What `lm-eval --model local-completions` relies on.
  @Test func echoWithLogprobsScoresThePromptAndWhatFollows() async throws {
    let server = try TestServer()
    let tokenized = try await server.post("/tokenize", ["prompt": "hello there"])
    let ids = try #require(tokenized.json["tokens"]?.array)

    let reply = try await server.complete(
      [JSON(ids)], ["max_tokens": 1, "logprobs": 1, "echo": true])

    let choice = try #require(reply.json["choices"]?.array?.first)
    let logprobs = try #require(choice["logprobs"])
    let scores = try #require(logprobs["token_logprobs"]?.array)
    let tops = try #require(logprobs["top_logprobs"]?.array)
    let tokens = try #require(logprobs["tokens"]?.array)
    let offsets = logprobs["text_offset"]?.ints ?? []
    #expect(scores.count == ids.count + 1 && tops.count == scores.count)
    #expect(tokens.count == scores.count && offsets.count == scores.count)
    #expect(scores[0].isNull && tops[0].isNull)
    for (score, top) in zip(scores, tops).dropFirst() {
      let value = try #require(score.double)
      let best = try #require(top.object?.values.compactMap(\.double).max())
      #expect(value <= best && value < 0)
    }
    // Greedy: the generated token is the most probable one, told with the same number.
    #expect(tops.last?.object?.values.compactMap(\.double).max() == scores.last?.double)
    #expect(choice["text"]?.string?.hasPrefix("hello there") == true)
    #expect(offsets == offsets.sorted() && offsets[0] == 0)
    let joined = tokens.dropLast().compactMap(\.string).joined()
    #expect(joined == "hello there")
  }

  @Test func aPromptIsScoredWithoutGenerating() async throws {
    let server = try TestServer()

    let reply = try await server.complete(
      "hello there", ["max_tokens": 0, "logprobs": 0, "echo": true])

    let choice = try #require(reply.json["choices"]?.array?.first)
    #expect(reply.status == 200)
    #expect(choice["text"] == "hello there" && choice["finish_reason"] == "length")
    let scores = try #require(choice["logprobs"]?["token_logprobs"]?.array)
    #expect(scores.dropFirst().allSatisfy { $0.double != nil })
    #expect(reply.json["usage"]?["completion_tokens"] == 0)
  }

  @Test(arguments: [JSON("héllo wörld"), JSON(["ab", "cd"])])
  func streamedCompletionsAreTheWholeOnes(prompt: JSON) async throws {
    let server = try TestServer()
    let more: JSON = [
      "n": 2, "seed": 3, "temperature": 1, "echo": true, "logprobs": 2, "max_tokens": 12,
    ]

    let whole = try await server.complete(prompt, more)
    var object = try #require(more.object)
    object["stream"] = true
    let streamed = try await server.complete(prompt, JSON(object))

    let choices = try #require(whole.json["choices"]?.array)
    #expect(streamed.text.hasSuffix("data: [DONE]\n\n"))
    for (index, choice) in choices.enumerated() {
      let parts = streamed.chunks.compactMap { $0["choices"]?.array?.first }
        .filter { $0["index"]?.int == index }
      #expect(parts.compactMap { $0["text"]?.string }.joined() == choice["text"]?.string)
      for key in ["tokens", "token_logprobs", "top_logprobs", "text_offset"] {
        let joined = parts.flatMap { $0["logprobs"]?[key]?.array ?? [] }
        #expect(joined == choice["logprobs"]?[key]?.array, "\(key)")
      }
      let reasons = parts.compactMap { $0["finish_reason"]?.string }
      #expect(reasons == [choice["finish_reason"]?.string])
    }
  }

  @Test func scoresAreThoseOfEcho() async throws {
    let server = try TestServer()
    let score = try await server.post(
      "/v1/score",
      [
        "model": "tiny",
        "items": [["prompt": "hello ", "continuations": [" there", "abc"]]],
      ])
    let echo = try await server.complete(
      "hello  there", ["max_tokens": 0, "logprobs": 1, "echo": true])

    #expect(score.status == 200)
    let result = try #require(
      score.json["data"]?.array?.first?["results"]?.array?.first)
    let count = try #require(result["tokens"]?.int)
    let scores = try #require(
      echo.json["choices"]?.array?.first?["logprobs"]?["token_logprobs"]?.array)
    let sum = scores.suffix(count).compactMap(\.double).reduce(0, +)
    #expect(abs(sum - (result["logprob"]?.double ?? 0)) < 1e-9)
  }
}
