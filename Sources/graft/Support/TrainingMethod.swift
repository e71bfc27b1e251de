import ArgumentParser

/// What a run trains.
enum TrainingMethod: String, CaseIterable, ExpressibleByArgument {
  /// A low-rank adapter; the base stays as it is.
  case lora
  /// Every weight of the model.
  case full

  /// The peak learning rate where none is asked for.
  var usualLearningRate: Double {
    switch self {
    case .lora: 5e-4
    case .full: 5e-5
    }
  }

  /// Tokens of a pass where memory does not matter.
  ///
  /// Every pass adds a gradient of the whole model to the step's: the fewer the better.
  var usualTokensPerPass: Int {
    switch self {
    case .lora: 512
    case .full: 2048
    }
  }
}
