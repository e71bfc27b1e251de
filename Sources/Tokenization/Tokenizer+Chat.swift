package import SafeIO

extension Tokenizer {
  /// The ids of a conversation, and which of them an assistant said.
  ///
  /// Control tokens are recognised only in text that the template's author wrote: whatever a message
  /// spells out is ordinary text. Between control tokens template and content are encoded as one
  /// text, as `transformers` does, so that merges may cross their seam.
  ///
  /// - Throws: `TemplateError`; `.maskUnavailable` if an assistant message has left no trace, unless
  ///   there is a generation prompt: then nothing is learnt from the text.
  package func encodeChat(
    _ messages: [ChatMessage], addingGenerationPrompt: Bool = false, tools: JSON? = nil,
    variables: JSONObject = JSONObject()
  ) throws -> ChatEncoding {
    func text(_ count: Int, prompt: Bool) throws -> TrackedText {
      try requireTemplate().text(Array(messages.prefix(count)), prompt, tools, variables)
    }
    let rendered = try text(messages.count, prompt: addingGenerationPrompt)
    var encoding = encode(rendered)
    for (index, message) in messages.enumerated() where message.role == "assistant" {
      let prompt = try? text(index, prompt: true)
      let isSilent = message.extra.isEmpty && message.content.allSatisfy(\.isWhitespace)
      guard
        let learned = encoding.learnedRange(
          of: index, in: rendered, after: prompt, special: storage.special),
        isSilent || encoding.result.messages.contains(index)
      else {
        if addingGenerationPrompt { continue }
        throw TemplateError.maskUnavailable(message: index, rendered: rendered.string)
      }
      for token in learned { encoding.result.assistantMask[token] = true }
    }
    return encoding.result
  }

  /// The ids of a conversation that is to be answered, as `encodeChat` gives them, but for what an assistant said:
  /// nothing is learnt from it, and finding that takes a rendering for each of the assistant's messages.
  ///
  /// - Throws: `TemplateError`.
  package func encodePrompt(
    _ messages: [ChatMessage], addingGenerationPrompt: Bool = true, tools: JSON? = nil,
    variables: JSONObject = JSONObject()
  ) throws -> ChatEncoding {
    encode(try requireTemplate().text(messages, addingGenerationPrompt, tools, variables)).result
  }

  private func requireTemplate() throws -> ChatTemplate {
    guard let chatTemplate else {
      throw TokenizerError.unsupported(path: "chat_template", found: "a model without one")
    }
    return chatTemplate
  }

  /// How many special tokens are spelled out in `text`, which `encode` takes for ordinary text.
  package func countSpecialTokens(spelledOutIn text: String) -> Int {
    encode(text, allowingSpecialTokens: true).count { isSpecial($0) }
  }

  /// Rendered text as tokens with their places in it.
  private func encode(_ text: TrackedText) -> PlacedEncoding {
    var encoding = PlacedEncoding()
    var ordinaryStart = 0
    func flush(_ end: Int) {
      guard end > ordinaryStart else { return }
      let run = Array(text.bytes[ordinaryStart..<end])
      let start = ordinaryStart
      let composed =
        storage.definition.composes
        ? run.withUnsafeBufferPointer { Normalization.composed($0) } : nil
      let encoded = encodeWithStarts(composed ?? run)
      // Where composing moved the bytes, places are scaled back: exact at both ends, and in between
      // as exact as the share of characters that composed.
      let scale = composed.map { Double(run.count) / Double($0.count) }
      for (id, place) in zip(encoded.ids, encoded.starts) {
        encoding.append(id, at: start + (scale.map { Int(Double(place) * $0) } ?? place))
      }
    }
    var pieceStart = 0
    for run in text.runs {
      if run.origin == .template {
        for (id, range) in controlTokens(in: text, pieceStart..<run.end) {
          flush(range.lowerBound)
          encoding.append(id, at: range.lowerBound)
          ordinaryStart = range.upperBound
        }
      }
      pieceStart = run.end
    }
    flush(text.count)
    encoding.finish(text)
    return encoding
  }

  private func controlTokens(in text: TrackedText, _ range: Range<Int>) -> [(Int, Range<Int>)] {
    var found: [(Int, Range<Int>)] = []
    text.bytes.withUnsafeBufferPointer { bytes in
      CharacterClass.table.withUnsafeBufferPointer { classes in
        func search(
          _ matcher: AddedTokenMatcher?, _ range: Range<Int>, _ next: (Range<Int>) -> Void
        ) {
          guard let matcher else { return next(range) }
          matcher.split(bytes, range, classes: classes) { piece in
            switch piece {
            case .text(let range): next(range)
            case .token(let id, let range): if isSpecial(id) { found.append((id, range)) }
            }
          }
        }
        search(storage.all.raw, range) { search(storage.all.normalized, $0) { _ in } }
      }
    }
    return found
  }
}

/// Tokens with the byte offsets where they begin in a rendered text.
private struct PlacedEncoding {
  var result = ChatEncoding(ids: [], assistantMask: [], messages: [])
  private var starts: [Int] = []

  mutating func append(_ id: Int, at start: Int) {
    result.ids.append(id)
    starts.append(start)
  }

  private func end(of token: Int, _ total: Int) -> Int {
    token + 1 < starts.count ? starts[token + 1] : total
  }

  /// Fills in the messages once all tokens are there.
  mutating func finish(_ text: TrackedText) {
    result.assistantMask = Array(repeating: false, count: starts.count)
    result.messages = Array(repeating: nil, count: starts.count)
    var start = 0
    var first = 0
    for run in text.runs {
      if case .content(let message) = run.origin {
        while first < starts.count, end(of: first, text.count) <= start { first += 1 }
        var token = first
        while token < starts.count, starts[token] < run.end {
          result.messages[token] = message
          token += 1
        }
      }
      start = run.end
    }
  }

  /// The tokens that answer `message` teaches: from where a generation prompt would have ended to the
  /// control token that closes the turn.
  func learnedRange(
    of message: Int, in text: TrackedText, after prompt: TrackedText?, special: Set<Int>
  ) -> Range<Int>? {
    let said = result.messages.indices.filter { result.messages[$0] == message }
    var first = said.first
    if let prompt, !prompt.isEmpty, text.hasPrefix(prompt) {
      // What stands between the prompt and the content (an empty thought, the head of a tool call)
      // is the assistant's too, as long as it is the template's own.
      let place = starts.firstIndex { $0 >= prompt.count } ?? starts.count
      let limit = first ?? place
      if place <= limit, !result.messages[place..<limit].contains(where: { $0 != nil }) {
        first = place
      }
    }
    guard let first, first < starts.count else { return nil }
    var last = max(said.last ?? first - 1, first - 1)
    var token = last + 1
    while token < starts.count, result.messages[token] == nil {
      if special.contains(result.ids[token]) {
        last = token
        break
      }
      token += 1
    }
    return last >= first ? first..<last + 1 : nil
  }
}
