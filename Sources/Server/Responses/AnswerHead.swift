import Foundation
import Inference
import SafeIO

/// What every piece of an answer begins with, and what its end tells.
struct AnswerHead: Sendable {
  let id: String
  let created = Int(Date().timeIntervalSince1970)
  let model: String
  let receipt: Receipt

  init(prefix: String, model: String, receipt: Receipt) {
    id = prefix + RequestIdentifier.random()
    (self.model, self.receipt) = (model, receipt)
  }

  func object(_ kind: String) -> JSONObject {
    var json = JSONObject()
    json["id"] = JSON(id)
    json["object"] = JSON(kind)
    json["created"] = JSON(created)
    json["model"] = JSON(model)
    json["system_fingerprint"] = JSON("fp_" + systemFingerprint)
    return json
  }

  /// The same for all answers that the same model computes in the same way.
  private var systemFingerprint: String {
    var receipt = receipt
    receipt.seed = 0
    return String(receipt.id.prefix(12))
  }

  /// The extension `graft`: from what the answer came.
  var receiptJSON: JSON {
    var json = JSONObject()
    json["receipt"] = JSON(receipt.id)
    json["base"] = JSON(receipt.base)
    json["adapter"] = receipt.adapter.map { JSON($0) } ?? .null
    json["tokenizer"] = receipt.tokenizer.map { JSON($0) } ?? .null
    json["template"] = receipt.template.map { JSON($0) } ?? .null
    json["numerics"] = JSON(receipt.numerics)
    json["seed"] = JSON(Int(truncatingIfNeeded: receipt.seed))
    return JSON(json)
  }

  static func finish(_ reason: FinishReason, hasCalls: Bool = false) -> JSON {
    JSON(reason != .stop ? "length" : hasCalls ? "tool_calls" : "stop")
  }
}

/// What the requests of one exchange have used.
struct UsageSum: Sendable {
  private(set) var prompt = 0
  private(set) var cached = 0
  private(set) var completion = 0
  private(set) var accepted = 0
  private(set) var rejected = 0

  mutating func add(_ usage: ServingUsage) {
    prompt += usage.promptTokens
    cached += usage.cachedTokens
    completion += usage.completionTokens
    accepted += usage.acceptedTokens
    rejected += usage.rejectedTokens
  }

  var json: JSON {
    [
      "prompt_tokens": JSON(prompt), "completion_tokens": JSON(completion),
      "total_tokens": JSON(prompt + completion),
      "prompt_tokens_details": ["cached_tokens": JSON(cached)],
      "completion_tokens_details": [
        "accepted_prediction_tokens": JSON(accepted),
        "rejected_prediction_tokens": JSON(rejected),
      ],
    ]
  }
}
