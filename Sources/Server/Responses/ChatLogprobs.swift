import Inference
import SafeIO
import Tokenization

/// Log-probabilities in the shape of chat completions.
struct ChatLogprobs: Sendable {
  let texts: TokenText

  /// `{"content": […], "refusal": null}`; what ends the turn is not part of the content.
  func json(_ tokens: [TokenScore]) -> JSON {
    let said = tokens.filter { !texts.tokenizer.isSpecial($0.id) }
    return ["content": JSON(said.map(entry)), "refusal": nil]
  }

  private func entry(_ token: TokenScore) -> JSON {
    var json = JSONObject()
    describe(token.id, token.logprob, &json)
    json["top_logprobs"] = JSON(
      token.top.map { alternative in
        var json = JSONObject()
        describe(alternative.id, alternative.logprob, &json)
        return JSON(json)
      })
    return JSON(json)
  }

  private func describe(_ id: Int, _ logprob: Float?, _ json: inout JSONObject) {
    json["token"] = JSON(texts.text(id))
    json["logprob"] = TokenText.json(logprob)
    json["bytes"] = JSON(texts.bytes(id).map { Int($0) })
  }
}
