/// What can be proven of a model, an adapter and rows.
public enum VerificationCheck: String, Sendable, CaseIterable {
  /// An adapter that is switched off leaves the base's bits.
  case adapterOff = "adapter-off"
  /// Weights with the update in them compute what base and adapter do.
  case merged
  /// An adapter that was saved and loaded has the same bits, and so have its logits.
  case roundTrip = "round-trip"
  /// Rows side by side have the losses that each has alone, and do not see each other.
  case packing
  /// Continuing what a cache holds gives the logits of the whole sequence.
  case cachedDecoding = "cached-decoding"
  /// Answers that are generated side by side are those that each prompt gets alone.
  case batchedDecoding = "batched-decoding"
  /// Small batches that are accumulated have the gradient of the large one.
  case accumulation
  /// Every trained tensor receives a gradient.
  case gradientReach = "gradient-reach"
  /// Gradients are the slopes of the loss.
  case finiteDifferences = "finite-differences"
  /// Training leaves every frozen weight as it was.
  case frozenWeights = "frozen-weights"
  /// A step has the same bits at any number of threads.
  case threads
  /// A run that was saved and taken up again ends with the bits of one that never stopped.
  case resume
  /// The loss of one batch that is repeated falls.
  case overfit

  /// What is compared, for a table.
  public var title: String {
    switch self {
    case .adapterOff: "adapter switched off = base"
    case .merged: "merged weights = base + adapter"
    case .roundTrip: "saved and loaded = in memory"
    case .packing: "rows packed = one by one"
    case .cachedDecoding: "cached = uncached decoding"
    case .batchedDecoding: "answers in a batch = alone"
    case .accumulation: "accumulated = large batch"
    case .gradientReach: "every trained tensor learns"
    case .finiteDifferences: "gradients = finite differences"
    case .frozenWeights: "frozen weights untouched"
    case .threads: "same bits at 1, 2, 3 threads"
    case .resume: "resumed = never stopped"
    case .overfit: "one batch can be learnt"
    }
  }

  /// What the error is a number of.
  public var measure: String {
    switch self {
    case .adapterOff, .roundTrip, .threads, .resume: "numbers that differ"
    case .merged, .cachedDecoding: "largest difference of logits, relative"
    case .packing: "largest difference of a row's loss, relative"
    case .batchedDecoding: "largest lead of a better token, relative"
    case .accumulation: "largest difference of a tensor's gradient, relative"
    case .gradientReach: "tensors without a gradient"
    case .finiteDifferences: "largest difference of a slope, relative"
    case .frozenWeights: "tensors that changed"
    case .overfit: "last loss over the first"
    }
  }

  /// The largest error that is accepted; f32 sums in another order differ by less.
  public var limit: Double {
    switch self {
    case .adapterOff, .roundTrip, .gradientReach, .frozenWeights, .threads, .resume: 0
    case .merged, .cachedDecoding, .batchedDecoding, .accumulation: 1e-4
    case .packing: 1e-5
    case .finiteDifferences: 1e-2
    case .overfit: 0.8
    }
  }
}
