import Adapters
import Datasets
import Evaluation
import Inference
import ModelFiles
import Models
import Tokenization

/// What `graft evaluate` measures: weights whose loss is computed, and the engine that answers with them.
struct EvaluatedModel {
  private let loaded: LoadedModel?
  private let served: ServedModel?
  private let command: Evaluate

  init(_ command: Evaluate) throws {
    self.command = command
    let model = command.model
    served =
      command.noGenerate
      ? nil : try model.serve(command.numerics, sequences: command.batchSize)
    if command.noLoss {
      loaded = nil
    } else if let adapter = model.adapter, served != nil {
      // The engine has checked, and said, whose adapter it is.
      let bundle = try model.base.load()
      loaded = LoadedModel(
        bundle: bundle,
        adapter: try LoadedModel.attach(adapter, to: bundle, verifyingBase: false))
    } else {
      loaded = try model.load()
    }
  }

  /// The numerics of the answers; nil where there are none.
  var numerics: String? { served?.engine.numerics }

  func exampleBuilder() -> ExampleBuilder {
    ExampleBuilder(
      tokenizer: served?.engine.tokenizer ?? loaded?.bundle.tokenizer,
      vocabularySize: served?.engine.vocabularySize ?? loaded?.bundle.configuration.vocabularySize,
      maxLength: served?.engine.context ?? loaded?.bundle.configuration.maxPositions ?? 1,
      rawCompletions: command.rawCompletions, keepsPrompts: true)
  }

  /// A way of measuring the base or the adapter.
  func evaluator(isAdapter: Bool, seed: Int) -> Evaluator {
    loaded?.adapter?.isEnabled = isAdapter
    var evaluator: Evaluator
    if let served {
      evaluator = Evaluator(
        engine: served.engine, adapter: isAdapter ? served.adapter : nil,
        lossModel: loaded?.bundle.model, maxTokens: command.sampling.maxTokens)
    } else {
      evaluator = Evaluator(
        model: loaded?.bundle.model, tokenizer: loaded?.bundle.tokenizer, generates: false)
    }
    evaluator.batchSize = command.batchSize
    evaluator.sampling = command.sampling.configuration(defaultTemperature: 0, seed: seed)
    evaluator.stops = command.sampling.stops
    return evaluator
  }
}
