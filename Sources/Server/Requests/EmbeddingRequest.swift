import Foundation
import Inference
import SafeIO

/// The body of `/v1/embeddings`.
struct EmbeddingRequest: Sendable {
  var model: String
  var inputs: [PromptInput]
  var isBase64: Bool
  var dimensions: Int?

  init(_ body: JSON, _ state: ServerState) throws(APIError) {
    var fields = try Fields(body)
    guard let model = try fields.string("model") else { throw .value("model", "is missing") }
    self.model = model
    inputs = try PromptInput.read(&fields, "input", state)
    let format = try fields.string("encoding_format") ?? "float"
    guard ["float", "base64"].contains(format) else {
      throw .value("encoding_format", "must be float or base64")
    }
    isBase64 = format == "base64"
    dimensions = try fields.integer("dimensions", in: 1...state.engine.hiddenSize)
    fields.accept(["user"])
    try fields.finish(isLenient: state.configuration.isLenient)
  }

  /// The vector, cut to the dimensions that were asked for and brought to length 1.
  func json(_ vector: [Float]) -> JSON {
    let kept = Array(vector.prefix(dimensions ?? vector.count))
    let length = kept.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let unit = length > 0 ? kept.map { Float(Double($0) / length) } : kept
    guard isBase64 else { return JSON(unit.map { JSON(Double($0)) }) }
    var bytes = Data(capacity: unit.count * 4)
    for value in unit {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return JSON(bytes.base64EncodedString())
  }
}
