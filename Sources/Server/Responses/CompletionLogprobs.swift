import Inference
import SafeIO
import Tokenization

/// Log-probabilities in the shape of text completions: four arrays, one element for each token.
///
/// They go on over the prompt's tokens, where it is echoed, and over all tokens that were generated,
/// those that ended the answer included.
struct CompletionLogprobs: Sendable {
  private let texts: TokenText
  private var decoder: StreamingDecoder
  /// Characters before the next token.
  private var offset = 0

  init(_ texts: TokenText) {
    self.texts = texts
    decoder = StreamingDecoder(texts.tokenizer)
  }

  /// The arrays for the next tokens; nil stands for a first token, which has no score.
  mutating func json(_ tokens: [(id: Int, score: TokenScore?)]) -> JSON {
    var (names, offsets): ([JSON], [JSON]) = ([], [])
    var (logprobs, tops): ([JSON], [JSON]) = ([], [])
    for (id, score) in tokens {
      names.append(JSON(texts.key(id)))
      offsets.append(JSON(offset))
      offset += decoder.append(id).unicodeScalars.count
      logprobs.append(TokenText.json(score?.logprob))
      tops.append(score.map(top) ?? .null)
    }
    return [
      "tokens": JSON(names), "token_logprobs": JSON(logprobs), "top_logprobs": JSON(tops),
      "text_offset": JSON(offsets),
    ]
  }

  /// The most probable tokens, and the chosen one, with the same number as in `token_logprobs`.
  private func top(_ score: TokenScore) -> JSON {
    var json = JSONObject()
    for alternative in score.top {
      json[texts.key(alternative.id)] = TokenText.json(alternative.logprob)
    }
    json[texts.key(score.id)] = TokenText.json(score.logprob)
    return JSON(json)
  }
}
