/// What distinguishes one Llama-like decoder from another.
///
/// Every field of `config.json` or of GGUF metadata that changes what is computed is honoured here,
/// or the model is refused by the name of the field.
public struct TransformerConfiguration: Sendable, Equatable {
  /// `llama`, `mistral`, `qwen2` or `qwen3`.
  public var modelType: String
  /// Tokens that the model knows: rows of its embedding.
  public var vocabularySize: Int
  /// Width of the residual stream.
  public var hiddenSize: Int
  /// Width inside the feed-forward.
  public var intermediateSize: Int
  /// Blocks.
  public var layerCount: Int
  /// Query heads.
  public var headCount: Int
  /// Key and value heads; fewer than `headCount` where queries share them.
  public var keyValueHeadCount: Int
  /// May differ from `hiddenSize / headCount`.
  public var headDimension: Int
  /// What RMSNorm adds to the mean square.
  public var normEpsilon: Double
  /// The base of the rotary frequencies.
  public var ropeTheta: Double
  /// How rotary embedding is stretched, where it is.
  public var ropeScaling: RoPEScaling?
  /// The longest context in tokens.
  public var maxPositions: Int
  /// Whether the output layer is the embedding's table.
  public var tiesEmbeddings: Bool
  /// Biases on the q, k and v projections; there is none on o.
  public var attentionBias: Bool
  /// Biases in the feed-forward.
  public var mlpBias: Bool
  /// RMSNorm on each head of q and k before rotary embedding.
  public var queryKeyNorm: Bool
  /// How many positions back a token sees, itself counted; nil for all.
  public var slidingWindow: Int?
  /// The id that begins a text.
  public var bosTokenID: Int?
  /// The ids that end a text or a turn.
  public var eosTokenIDs: [Int]
  /// The id that fills batches.
  public var padTokenID: Int?

  package init(
    modelType: String = "llama", vocabularySize: Int, hiddenSize: Int, intermediateSize: Int,
    layerCount: Int, headCount: Int, keyValueHeadCount: Int? = nil, headDimension: Int? = nil,
    normEpsilon: Double = 1e-5, ropeTheta: Double = 10_000, ropeScaling: RoPEScaling? = nil,
    maxPositions: Int = 2048, tiesEmbeddings: Bool = false, attentionBias: Bool = false,
    mlpBias: Bool = false, queryKeyNorm: Bool = false, slidingWindow: Int? = nil,
    bosTokenID: Int? = nil, eosTokenIDs: [Int] = [], padTokenID: Int? = nil
  ) {
    self.modelType = modelType
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount ?? headCount
    self.headDimension = headDimension ?? hiddenSize / max(1, headCount)
    self.normEpsilon = normEpsilon
    self.ropeTheta = ropeTheta
    self.ropeScaling = ropeScaling
    self.maxPositions = maxPositions
    self.tiesEmbeddings = tiesEmbeddings
    self.attentionBias = attentionBias
    self.mlpBias = mlpBias
    self.queryKeyNorm = queryKeyNorm
    self.slidingWindow = slidingWindow
    self.bosTokenID = bosTokenID
    self.eosTokenIDs = eosTokenIDs
    self.padTokenID = padTokenID
  }

  /// A rule that a number of a configuration breaks.
  struct Violation {
    var field: Field
    var value: String
    var rule: String
  }

  /// The fields whose values are checked, for error texts in the words of the file.
  enum Field: String {
    case vocabularySize = "vocab_size"
    case hiddenSize = "hidden_size"
    case intermediateSize = "intermediate_size"
    case layerCount = "num_hidden_layers"
    case headCount = "num_attention_heads"
    case keyValueHeadCount = "num_key_value_heads"
    case headDimension = "head_dim"
    case normEpsilon = "rms_norm_eps"
    case ropeTheta = "rope_theta"
    case ropeScaling = "rope_scaling"
    case maxPositions = "max_position_embeddings"
    case slidingWindow = "sliding_window"
    case bosTokenID = "bos_token_id"
    case eosTokenIDs = "eos_token_id"
    case padTokenID = "pad_token_id"
  }

  /// The first value that no model of this family can have.
  var violation: Violation? {
    let ranges: [(Field, Int, ClosedRange<Int>)] = [
      (.vocabularySize, vocabularySize, 1...(1 << 24)),
      (.hiddenSize, hiddenSize, 1...(1 << 17)),
      (.intermediateSize, intermediateSize, 1...(1 << 20)),
      (.layerCount, layerCount, 1...1024),
      (.headCount, headCount, 1...1024),
      (.keyValueHeadCount, keyValueHeadCount, 1...1024),
      (.headDimension, headDimension, 2...4096),
      (.maxPositions, maxPositions, 1...(1 << 30)),
      (.slidingWindow, slidingWindow ?? 1, 1...(1 << 30)),
    ]
    for (field, value, range) in ranges where !range.contains(value) {
      return Violation(
        field: field, value: "\(value)", rule: "\(range.lowerBound)…\(range.upperBound)")
    }
    guard headCount % keyValueHeadCount == 0 else {
      return Violation(
        field: .keyValueHeadCount, value: "\(keyValueHeadCount)",
        rule: "a divisor of the \(headCount) heads")
    }
    guard headDimension % 2 == 0 else {
      return Violation(field: .headDimension, value: "\(headDimension)", rule: "an even number")
    }
    guard normEpsilon > 0, normEpsilon < 1 else {
      return Violation(field: .normEpsilon, value: "\(normEpsilon)", rule: "between 0 and 1")
    }
    guard ropeTheta >= 1, ropeTheta <= 1e12 else {
      return Violation(field: .ropeTheta, value: "\(ropeTheta)", rule: "1…1e12")
    }
    if let scaling = ropeScaling {
      let (low, high) = (scaling.lowFrequencyFactor, scaling.highFrequencyFactor)
      guard scaling.factor >= 1, scaling.factor <= 1e6, low > 0, high > low, high <= 1e6,
        (1...(1 << 30)).contains(scaling.originalMaxPositions)
      else {
        return Violation(
          field: .ropeScaling, value: "\(scaling)",
          rule: "factor at least 1 and 0 < low_freq_factor < high_freq_factor")
      }
    }
    let tokens: [(Field, [Int])] = [
      (.bosTokenID, bosTokenID.map { [$0] } ?? []), (.eosTokenIDs, eosTokenIDs),
      (.padTokenID, padTokenID.map { [$0] } ?? []),
    ]
    for (field, ids) in tokens {
      for id in ids where !(0..<vocabularySize).contains(id) {
        return Violation(
          field: field, value: "\(id)", rule: "an id below vocab_size, \(vocabularySize)")
      }
    }
    return nil
  }
}
