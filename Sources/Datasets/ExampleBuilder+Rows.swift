import SafeIO
import Tokenization

extension ExampleBuilder {
  /// A document: all tokens but the first are targets, and so is the end that is put after it.
  func document(_ text: String, _ loaded: LoadedRow) throws(RowProblem) -> EncodedRow {
    let tokenizer = try requireTokenizer(loaded)
    guard !text.isEmpty else { throw loaded.problem(.noSignal(why: "the text is empty")) }
    let ids = narrowed(tokenizer.sequencePrefix + tokenizer.encode(text) + end(of: tokenizer))
    var labels = ids
    for place in 0..<min(ids.count, max(1, tokenizer.sequencePrefix.count)) {
      labels[place] = Example.ignored
    }
    return try finished(
      ids, labels, isTemplate: beginning(of: tokenizer, ids.count), prompt: [], answer: nil, loaded)
  }

  /// Prompt and completion as they are, with the end after them.
  ///
  /// They are tokenised apart, as
  /// they are when a model is given the prompt alone and writes on.
  func concatenation(
    _ prompt: String, _ completion: String, _ loaded: LoadedRow
  ) throws(RowProblem) -> EncodedRow {
    let tokenizer = try requireTokenizer(loaded)
    guard hasText(completion) else {
      throw loaded.problem(.noSignal(why: "the completion is empty"))
    }
    let context = narrowed(tokenizer.sequencePrefix + tokenizer.encode(prompt))
    let answer = narrowed(tokenizer.encode(completion) + end(of: tokenizer))
    return try finished(
      context + answer, [Int32](repeating: Example.ignored, count: context.count) + answer,
      isTemplate: beginning(of: tokenizer, context.count + answer.count), prompt: context,
      answer: completion, loaded)
  }

  /// A conversation through the chat template: the targets are the text of the assistant's
  /// messages and the tokens that end them.
  func conversation(
    _ messages: [ChatMessage], trained: [Bool], _ inputs: TemplateInputs, _ loaded: LoadedRow
  ) throws(RowProblem) -> EncodedRow {
    let tokenizer = try requireTokenizer(loaded)
    guard tokenizer.chatTemplate != nil else { throw loaded.problem(.needsTemplate) }
    try requireTemplateReads(messages, inputs, loaded)
    guard zip(messages, trained).contains(where: { $1 && says($0) }) else {
      let answers = messages.filter { $0.role == "assistant" }
      throw loaded.problem(
        .noSignal(
          why: answers.isEmpty
            ? "no message is the assistant's"
            : answers.contains(where: says)
              ? "every answer is excluded from training" : "every answer is empty"))
    }
    let encoding = try encoded(messages, addingGenerationPrompt: false, inputs, tokenizer, loaded)
    let mask = try trainedMask(encoding.assistantMask, messages, trained, loaded)
    let ids = narrowed(encoding.ids)
    let labels = zip(ids, mask).map { $1 ? $0 : Example.ignored }
    let isTemplate = encoding.messages.map { $0 == nil }
    guard keepsPrompts, let last = messages.last, last.role == "assistant" else {
      return try finished(
        ids, labels, isTemplate: isTemplate, prompt: [], answer: nil, loaded)
    }
    let prompt = try encoded(
      Array(messages.dropLast()), addingGenerationPrompt: true, inputs, tokenizer, loaded)
    return try finished(
      ids, labels, isTemplate: isTemplate, prompt: narrowed(prompt.ids), answer: last.content,
      loaded)
  }

  /// Refuses what the template would leave out of the text without a word.
  private func requireTemplateReads(
    _ messages: [ChatMessage], _ inputs: TemplateInputs, _ loaded: LoadedRow
  ) throws(RowProblem) {
    if inputs.tools != nil, !template.readsVariable("tools") {
      throw loaded.problem(
        .unsupported(
          feature: "a row with tools, which the model's chat template does not read,",
          advice: "Write the tools into the system message and the calls as text."))
    }
    for (index, message) in messages.enumerated() {
      for key in ["tool_calls", "reasoning_content", "reasoning", "thinking"]
      where message.extra[key] != nil && !template.readsMember(key) {
        throw loaded.problem(
          .unsupported(
            feature: "messages[\(index)].\(key), which the model's chat template does not read,",
            advice: "Write it into the content of the message."))
      }
    }
  }

  /// Ids and labels as they are; only that they fit the vocabulary is checked.
  func preTokenised(
    _ ids: [Int32], _ labels: [Int32], _ loaded: LoadedRow
  ) throws(RowProblem) -> EncodedRow {
    for (place, list) in [("input_ids", ids), ("labels", labels)] {
      if let index = list.firstIndex(where: { Int($0) >= vocabularySize }) {
        throw loaded.problem(
          .idOutOfRange(
            place: "\(place)[\(index)]", id: list[index], vocabularySize: vocabularySize))
      }
    }
    let firstTarget = labels.dropFirst().firstIndex { $0 != Example.ignored } ?? 0
    return try finished(
      ids, labels, isTemplate: [Bool](repeating: false, count: ids.count),
      prompt: Array(ids[..<firstTarget]), answer: nil, loaded)
  }

  // MARK: Pieces

  private func finished(
    _ ids: [Int32], _ labels: [Int32], isTemplate: [Bool], prompt: [Int32], answer: String?,
    _ loaded: LoadedRow
  ) throws(RowProblem) -> EncodedRow {
    var example = Example(
      ids: ids, labels: labels, targetBytes: 0, promptIDs: keepsPrompts ? prompt : [],
      answer: keepsPrompts ? answer : nil, sourceLine: loaded.line)
    guard example.supervisedCount > 0 else {
      throw loaded.problem(.noSignal(why: "no position has a label"))
    }
    example.targetBytes = targetBytes(example.labels)
    return EncodedRow(example: example, isTemplate: isTemplate)
  }

  /// Narrows the template's mask to the messages that are to be trained.
  ///
  /// Each answer is one run of marked tokens, since the template's header stands between two; where
  /// that is not so, answers cannot be told apart and none may be left out.
  private func trainedMask(
    _ mask: [Bool], _ messages: [ChatMessage], _ trained: [Bool], _ loaded: LoadedRow
  ) throws(RowProblem) -> [Bool] {
    let wanted = zip(messages, trained).filter { $0.0.role == "assistant" }.map(\.1)
    guard wanted.contains(false) else { return mask }
    let starts = mask.indices.filter { mask[$0] && ($0 == 0 || !mask[$0 - 1]) }
    guard starts.count == wanted.count else {
      throw loaded.problem(
        .template("its answers cannot be told apart, so that none can be left out of training"))
    }
    var result = mask
    for (start, isTrained) in zip(starts, wanted) where !isTrained {
      for place in start..<mask.count {
        guard mask[place] else { break }
        result[place] = false
      }
    }
    return result
  }

  private func encoded(
    _ messages: [ChatMessage], addingGenerationPrompt: Bool, _ inputs: TemplateInputs,
    _ tokenizer: Tokenizer, _ loaded: LoadedRow
  ) throws(RowProblem) -> ChatEncoding {
    do {
      return try tokenizer.encodeChat(
        messages, addingGenerationPrompt: addingGenerationPrompt, tools: inputs.tools,
        variables: inputs.variables)
    } catch {
      throw loaded.problem(.template("\(error)"))
    }
  }

  private func requireTokenizer(_ loaded: LoadedRow) throws(RowProblem) -> Tokenizer {
    guard let tokenizer else { throw loaded.problem(.needsTokenizer) }
    return tokenizer
  }

  private func end(of tokenizer: Tokenizer) -> [Int] {
    tokenizer.endOfSequence.first.map { [$0] } ?? []
  }

  /// Vocabularies have at most a few million tokens: the reader of tokenizers refuses larger ids.
  private func narrowed(_ ids: [Int]) -> [Int32] { ids.map { Int32(clamping: $0) } }

  /// The tokens that are put before a text, in a row of `count`.
  private func beginning(of tokenizer: Tokenizer, _ count: Int) -> [Bool] {
    (0..<count).map { $0 < tokenizer.sequencePrefix.count }
  }

  /// Whether a message has anything to learn from.
  private func says(_ message: ChatMessage) -> Bool {
    hasText(message.content) || message.extra.keys.contains { $0 != "content" && $0 != "name" }
  }

  private func hasText(_ text: String) -> Bool { text.contains { !$0.isWhitespace } }
}
