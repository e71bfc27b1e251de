import SafeIO
import Tokenization

extension ExampleBuilder {
  /// A document: all tokens but the first are targets, and so is the end that is put after it.
  func document(_ text: String, _ loaded: LoadedRow) throws(RowProblem) -> Example {
    let tokenizer = try requireTokenizer(loaded)
    guard !text.isEmpty else { throw loaded.problem(.noSignal(why: "the text is empty")) }
    let ids = narrowed(tokenizer.sequencePrefix + tokenizer.encode(text) + end(of: tokenizer))
    var labels = ids
    for place in 0..<min(ids.count, max(1, tokenizer.sequencePrefix.count)) {
      labels[place] = Example.ignored
    }
    return try finished(ids, labels, prompt: [], answer: nil, loaded)
  }

  /// Prompt and completion as they are, with the end after them.
  ///
  /// They are tokenised apart, as
  /// they are when a model is given the prompt alone and writes on.
  func concatenation(
    _ prompt: String, _ completion: String, _ loaded: LoadedRow
  ) throws(RowProblem) -> Example {
    let tokenizer = try requireTokenizer(loaded)
    guard hasText(completion) else {
      throw loaded.problem(.noSignal(why: "the completion is empty"))
    }
    let context = narrowed(tokenizer.sequencePrefix + tokenizer.encode(prompt))
    let answer = narrowed(tokenizer.encode(completion) + end(of: tokenizer))
    return try finished(
      context + answer, [Int32](repeating: Example.ignored, count: context.count) + answer,
      prompt: context, answer: completion, loaded)
  }

  /// A conversation through the chat template: the targets are the text of the assistant's
  /// messages and the tokens that end them.
  func conversation(
    _ messages: [ChatMessage], trained: [Bool], _ loaded: LoadedRow
  ) throws(RowProblem) -> Example {
    let tokenizer = try requireTokenizer(loaded)
    guard zip(messages, trained).contains(where: { $1 && hasText($0.content) }) else {
      let answers = messages.filter { $0.role == "assistant" }
      throw loaded.problem(
        .noSignal(
          why: answers.isEmpty
            ? "no message is the assistant's"
            : answers.contains { hasText($0.content) }
              ? "every answer is excluded from training" : "every answer is empty"))
    }
    let encoding = try encoded(messages, addingGenerationPrompt: false, tokenizer, loaded)
    let mask = try trainedMask(encoding.assistantMask, messages, trained, loaded)
    let ids = narrowed(encoding.ids)
    let labels = zip(ids, mask).map { $1 ? $0 : Example.ignored }
    guard keepsPrompts, let last = messages.last, last.role == "assistant" else {
      return try finished(ids, labels, prompt: [], answer: nil, loaded)
    }
    let prompt = try encoded(
      Array(messages.dropLast()), addingGenerationPrompt: true, tokenizer, loaded)
    return try finished(
      ids, labels, prompt: narrowed(prompt.ids), answer: last.content, loaded)
  }

  /// Ids and labels as they are; only that they fit the vocabulary is checked.
  func preTokenised(
    _ ids: [Int32], _ labels: [Int32], _ loaded: LoadedRow
  ) throws(RowProblem) -> Example {
    for (place, list) in [("input_ids", ids), ("labels", labels)] {
      if let index = list.firstIndex(where: { Int($0) >= vocabularySize }) {
        throw loaded.problem(
          .idOutOfRange(
            place: "\(place)[\(index)]", id: list[index], vocabularySize: vocabularySize))
      }
    }
    let firstTarget = labels.dropFirst().firstIndex { $0 != Example.ignored } ?? 0
    return try finished(ids, labels, prompt: Array(ids[..<firstTarget]), answer: nil, loaded)
  }

  // MARK: Pieces

  private func finished(
    _ ids: [Int32], _ labels: [Int32], prompt: [Int32], answer: String?, _ loaded: LoadedRow
  ) throws(RowProblem) -> Example {
    var example = Example(
      ids: ids, labels: labels, targetBytes: 0, promptIDs: keepsPrompts ? prompt : [],
      answer: keepsPrompts ? answer : nil, sourceLine: loaded.line)
    guard example.supervisedCount > 0 else {
      throw loaded.problem(.noSignal(why: "no position has a label"))
    }
    example.targetBytes = targetBytes(example.labels)
    return example
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
    _ messages: [ChatMessage], addingGenerationPrompt: Bool, _ tokenizer: Tokenizer,
    _ loaded: LoadedRow
  ) throws(RowProblem) -> ChatEncoding {
    do {
      return try tokenizer.encodeChat(messages, addingGenerationPrompt: addingGenerationPrompt)
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

  private func hasText(_ text: String) -> Bool { text.contains { !$0.isWhitespace } }
}
