import Autodiff
import Inference
import Models
import TensorCore

extension Verifier {
  private static let answerTokens = 12

  func batchedDecoding() throws -> Measurement {
    let model = try subject.adapted().model
    let requests = subject.rows.examples.map {
      GenerationRequest(
        prompt: $0.question.map { Int($0) }, maxTokens: Self.answerTokens)
    }
    let together = try procedures.answers(model, requests)
    let alone = try requests.flatMap { try procedures.answers(model, [$0]) }
    guard together.count == requests.count, alone.count == requests.count else {
      return Measurement(
        error: .nan, note: "\(together.count) answers to \(requests.count) prompts")
    }
    var error = 0.0
    for (request, answers) in zip(requests, zip(together, alone)) {
      // Sums in another order may turn a tie; a token that is worse than another may not win.
      for answer in answers.0 == answers.1 ? [answers.0] : [answers.0, answers.1] {
        let lead = lead(over: answer, to: request.prompt, model)
        if !(lead <= error) { error = lead }
      }
    }
    let tokens = together.reduce(0) { $0 + $1.count }
    let same = zip(together, alone).count { $0 == $1 }
    return Measurement(
      error: error, note: "\(tokens) tokens of \(requests.count) answers, \(same) of them equal")
  }

  /// By how much the best token leads over the one that was chosen, at most, relative to the largest logit.
  private func lead(over answer: [Int], to prompt: [Int], _ model: DecoderLM) -> Double {
    guard !answer.isEmpty else { return .nan }
    let ids = (prompt + answer.dropLast()).map { Int32($0) }
    let logits = model.logits(ids).value.rows(prompt.count - 1..<ids.count)
    let width = logits.shape[1]
    let values = logits.scalars
    var worst = 0.0
    for (place, token) in answer.enumerated() {
      let row = values[place * width..<(place + 1) * width]
      guard (0..<width).contains(token), let best = row.max() else { return .nan }
      let largest = row.reduce(0) { max($0, abs($1)) }
      let lead = Double(best - row[row.startIndex + token]) / max(Double(largest), 1e-30)
      if !(lead <= worst) { worst = lead }
    }
    return worst
  }
}
