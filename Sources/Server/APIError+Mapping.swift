import Adapters
import Constraints
import HTTPTypes
import Inference
import Logging
import SafeIO
import Tokenization

extension APIError {
  /// What a failure on the way to an answer is to the client.
  ///
  /// What is not known here is the server's own mistake: its text goes to the log, not to the client.
  init(_ error: any Error, requestID: String, log: Logger) {
    switch error {
    case let known as APIError: self = known
    case let refusal as AdmissionError: self.init(refusal)
    case let failure as InferenceError: self.init(failure, requestID: requestID, log: log)
    case let failure as ConstraintError:
      self = APIError(
        .badRequest, code: "invalid_value", param: "response_format", failure.description)
    case is TemplateError: self = ChatRequest.refusal(error)
    case is CancellationError:
      self = APIError(
        .init(code: 499, reasonPhrase: "Client Closed Request"), code: nil, "the client has gone")
      closesConnection = true
    default:
      let reason = String(describing: error).escapedForMessage(limit: 500)
      log.error("unexpected error", metadata: ["reason": "\(reason)"])
      self = .defect(requestID: requestID)
    }
  }

  private init(_ refusal: AdmissionError) {
    switch refusal {
    case .queueFull: self = .overloaded(refusal.description)
    case .tooLarge:
      self = APIError(.badRequest, code: "context_length_exceeded", refusal.description)
    case .shuttingDown: self = .draining
    }
  }

  private init(_ failure: InferenceError, requestID: String, log: Logger) {
    switch failure {
    case .emptyPrompt:
      self = APIError(.badRequest, code: "invalid_value", param: "prompt", failure.description)
    case .promptTooLong:
      self = APIError(.badRequest, code: "context_length_exceeded", failure.description)
    case .tokenOutOfRange, .option:
      self = APIError(.badRequest, code: "invalid_value", failure.description)
    case .noTokenizer, .noChatTemplate:
      self = APIError(
        .badRequest, code: "unsupported_model",
        "the model has no chat template; use /v1/completions")
    case .adapterExists:
      self = .adapterConflict(failure.description)
    case .nonFiniteLogits:
      log.error("the model's output is not finite")
      self = .defect(requestID: requestID)
      (type, code) = ("server_error", "model_error")
      message = failure.description
    case .grammarTooLong:
      self = APIError(
        .badRequest, code: "invalid_value", param: "max_tokens", failure.description)
    case .cancelled: self = .timeout("the request's time was over")
    case .nothingAllowed, .cacheExhausted:
      log.error("answer failed", metadata: ["reason": "\(failure.description)"])
      self = .defect(requestID: requestID)
      message = failure.description
    }
  }

  /// A name that is taken, or an adapter that belongs to another base.
  static func adapterConflict(_ message: String) -> APIError {
    var error = APIError(.conflict, code: "adapter_conflict", param: "lora_name", message)
    error.headers[.shouldRetry] = "false"
    return error
  }
}
