import SafeIO

/// What is added to the logits of single tokens: `{"token id": -100…100}`.
enum LogitBias {
  static func read(_ fields: inout Fields, vocabulary: Int, limit: Int) throws(APIError)
    -> [Int: Double]
  {
    guard let value = fields.value("logit_bias") else { return [:] }
    let name = fields.name("logit_bias")
    guard let entries = value.object else {
      throw .type(name, expected: "an object", found: value)
    }
    guard entries.count <= limit else {
      throw .value(name, "has \(entries.count) entries, at most \(limit) are accepted")
    }
    var biases: [Int: Double] = [:]
    for (key, value) in entries {
      let place = "\(name).\(key.escapedForMessage(limit: 24))"
      guard let id = Int(key), String(id) == key, (0..<vocabulary).contains(id) else {
        throw .value(place, "is no token id; ids are from 0 to \(vocabulary - 1)")
      }
      guard let bias = value.double else {
        throw .type(place, expected: "a number", found: value)
      }
      guard (-100...100).contains(bias) else {
        throw .value(place, "must be from -100 to 100, got \(bias)")
      }
      biases[id] = bias
    }
    return biases
  }
}
