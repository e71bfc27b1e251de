import Adapters
import Datasets
import Inference
import Models
import NN
import TensorCore
import Testing
import Training
import Verification

/// Each check fails when the defect that it is for is built in; with the product's own operations all pass
/// (`VerifierTests`).
@Suite struct DefectTests {
  @Test func adapterThatStaysOn() throws {
    try Fixture.expectCaught(.adapterOff) { $0.switchOff = { _ in } }
  }

  @Test func adapterOfWhichOneLayerStaysOn() throws {
    try Fixture.expectCaught(.adapterOff) {
      $0.switchOff = { adapter in
        adapter.isEnabled = false
        adapter.layers.last?.layer.isEnabled = true
      }
    }
  }

  /// Merging with another scale (rank forgotten, α/√r for α/r), or without one of the layers.
  @Test(arguments: [8, 2.83, 1.01, 0])
  func mergeWithAnotherScale(_ factor: Float) throws {
    try Fixture.expectCaught(.merged) {
      $0.merged = { adapted, subject in
        let model = subject.base()
        let layers = adapted.adapter.layers
        model.updateProjections { path, layer in
          guard let linear = layer as? Linear,
            let update = layers.first(where: { $0.path == path })?.layer
          else { return }
          var weight = linear.weight.value
          let scale = path.contains("layers.1.mlp.up") ? factor * update.scale : update.scale
          weight.addProduct(update.up.value, update.down.value, factor: scale)
          layer = Linear(weight: weight, bias: linear.bias?.value)
        }
        return model
      }
    }
  }

  /// A tensor that found no place, and one number that lost its last bit.
  @Test(arguments: [true, false])
  func tensorThatWasNotLoaded(_ isLost: Bool) throws {
    try Fixture.expectCaught(.roundTrip) { procedures in
      let honest = procedures.reloaded
      procedures.reloaded = { adapter, model in
        let result = try honest(adapter, model)
        let parameter = result.parameters[3].parameter
        var scalars = parameter.value.scalars
        if isLost {
          scalars = scalars.map { _ in 0 }
        } else {
          scalars[5] = scalars[5].nextUp
        }
        parameter.value = Tensor(scalars, shape: parameter.value.shape)
        return result
      }
    }
  }

  /// Packing by concatenation: later rows see earlier ones, and their positions do not restart.
  @Test func rowsThatSeeEachOther() throws {
    try Fixture.expectCaught(.packing) { procedures in
      let honest = procedures.losses
      procedures.losses = { model, documents, tokens in
        guard documents.count > 1 else { return honest(model, documents, tokens) }
        // The loss of a row is what it adds to the text before it.
        var (ids, labels): ([Int32], [Int32]) = ([], [])
        var before = 0.0
        return documents.map { document in
          ids += document.ids
          labels += document.labels
          let nats = honest(model, [(ids, labels)], tokens).first?.nats ?? 0
          defer { before = nats }
          return (nats - before, document.labels.count { $0 >= 0 })
        }
      }
    }
  }

  @Test func cachedPositionThatIsStale() throws {
    try Fixture.expectCaught(.cachedDecoding) {
      $0.continued = { model, pieces in
        let cache = SequenceCache()
        return pieces.enumerated().map { index, piece in
          // The last token of the first piece is forgotten: everything after it moves.
          if index == 1 { cache.truncate(to: cache.tokens.count - 1) }
          return CachedDecoder(model).step([Feed(cache, piece)])
        }
      }
    }
  }

  @Test func cacheOfAnotherSequence() throws {
    try Fixture.expectCaught(.cachedDecoding) {
      $0.continued = { model, pieces in
        let (own, other) = (SequenceCache(), SequenceCache())
        let decoder = CachedDecoder(model)
        _ = decoder.step([Feed(other, pieces[0].reversed())])
        return pieces.enumerated().map {
          decoder.step([Feed($0.offset == 1 ? other : own, $0.element)])
        }
      }
    }
  }

  /// Padding on the left that is not masked, and answers given to the wrong prompts.
  @Test(arguments: [true, false])
  func answersThatDependOnTheBatch(_ pads: Bool) throws {
    try Fixture.expectCaught(.batchedDecoding) { procedures in
      let honest = procedures.answers
      procedures.answers = { model, requests in
        guard requests.count > 1 else { return try honest(model, requests) }
        guard pads else { return try honest(model, requests).reversed() }
        let longest = requests.map(\.prompt.count).max() ?? 0
        return try honest(
          model,
          requests.map {
            let padding = [Int](repeating: 2, count: longest - $0.prompt.count)
            return GenerationRequest(prompt: padding + $0.prompt, maxTokens: $0.maxTokens)
          })
      }
    }
  }

  /// The mean of the micro-batches' means, whatever number of tokens each has.
  @Test func accumulationThatIsAMeanOfMeans() throws {
    try Fixture.expectCaught(.accumulation) { procedures in
      let honest = procedures.train
      procedures.train = { task in
        guard task.configuration.accumulate > 1 else { return try honest(task) }
        var single = task
        single.configuration.accumulate = 1
        var parts: [Procedures.Trained] = []
        for example in task.examples {
          single.examples = [example]
          parts.append(try honest(single))
        }
        var result = parts[0]
        for place in result.snapshot.optimizer.indices {
          for part in parts.dropFirst() {
            result.snapshot.optimizer[place].add(part.snapshot.optimizer[place])
          }
          result.snapshot.optimizer[place] =
            result.snapshot.optimizer[place] * (1 / Float(parts.count))
        }
        return result
      }
    }
  }

  @Test func lastMicroBatchThatIsDropped() throws {
    try Fixture.expectCaught(.accumulation) { procedures in
      let honest = procedures.train
      procedures.train = { task in
        var fewer = task
        if task.configuration.accumulate > 1 {
          fewer.examples.removeLast()
          fewer.configuration.accumulate -= 1
        }
        return try honest(fewer)
      }
    }
  }

  /// Changes what the trainer's optimizer has averaged of one tensor's gradient.
  private func withGradient(
    of place: Int, _ change: @escaping (Tensor<Float>) -> Tensor<Float>
  ) -> (inout Procedures) -> Void {
    { procedures in
      let honest = procedures.train
      procedures.train = { task in
        var result = try honest(task)
        result.snapshot.optimizer[place] = change(result.snapshot.optimizer[place])
        return result
      }
    }
  }

  @Test func gradientThatIsDropped() throws {
    try Fixture.expectCaught(.gradientReach, damage: withGradient(of: 5) { .zeros($0.shape) })
  }

  @Test func gradientThatIsNotFinite() throws {
    try Fixture.expectCaught(.gradientReach, damage: withGradient(of: 5) { $0 * .nan })
  }

  /// A factor that is forgotten, a wrong sign, and rows in the wrong order.
  @Test(arguments: [1.03, -1, 0.5]) func gradientWithAFactor(_ factor: Float) throws {
    try Fixture.expectCaught(.finiteDifferences) { procedures in
      let honest = procedures.train
      procedures.train = { task in
        var result = try honest(task)
        // All `k_proj.lora_B`.
        for (place, entry) in task.trained.parameters.enumerated()
        where entry.path.contains("k_proj.lora_B") {
          result.snapshot.optimizer[place] = result.snapshot.optimizer[place] * factor
        }
        return result
      }
    }
  }

  @Test func gradientOfAnotherLayer() throws {
    try Fixture.expectCaught(.finiteDifferences) { procedures in
      let honest = procedures.train
      procedures.train = { task in
        var result = try honest(task)
        let places = task.trained.parameters.indices
          .filter { task.trained.parameters[$0].path.contains("o_proj.lora_A") }
        result.snapshot.optimizer.swapAt(places[0], places[1])
        return result
      }
    }
  }

  @Test func frozenWeightThatIsTouched() throws {
    try Fixture.expectCaught(.frozenWeights) { procedures in
      let honest = procedures.train
      procedures.train = { task in
        let result = try honest(task)
        let norm = task.model.norm.weight
        var scalars = norm.value.scalars
        scalars[0] = scalars[0].nextUp
        norm.value = Tensor(scalars, shape: norm.value.shape)
        return result
      }
    }
  }

  @Test func stepThatDependsOnTheThreads() throws {
    try Fixture.expectCaught(.threads) { procedures in
      let honest = procedures.train
      procedures.train = { task in
        var result = try honest(task)
        if ThreadPool.shared.activeThreads == 3 {
          var scalars = result.snapshot.weights[0].value.scalars
          scalars[1] = scalars[1].nextDown
          result.snapshot.weights[0].value = Tensor(
            scalars, shape: result.snapshot.weights[0].value.shape)
        }
        return result
      }
    }
  }

  enum Lost: CaseIterable {
    case averages, secondAverages, weights, step, rows, recentLosses
  }

  /// A state that forgets a part of what a run needs.
  @Test(arguments: Lost.allCases) func stateThatForgets(_ lost: Lost) throws {
    try Fixture.expectCaught(.resume) { procedures in
      let honest = procedures.restored
      procedures.restored = { snapshot in
        var result = try honest(snapshot)
        switch lost {
        case .averages: result.optimizer = result.optimizer.map { .zeros($0.shape) }
        case .secondAverages:
          for place in result.optimizer.indices.dropFirst(result.optimizer.count / 2) {
            result.optimizer[place] = .zeros(result.optimizer[place].shape)
          }
        case .weights:
          result.weights[2].value = Tensor(
            result.weights[2].value.scalars.map {
              Float(bitPattern: $0.bitPattern & 0xFFFF_0000)
            }, shape: result.weights[2].value.shape)
        case .step: result.step -= 1
        case .rows: result.seenRows = 0
        case .recentLosses: result.recentLosses = []
        }
        return result
      }
    }
  }

  /// Gradients of the wrong sign, and steps that change nothing.
  @Test(arguments: [-5e-3, 0]) func stepsThatDoNotLearn(_ rate: Double) throws {
    try Fixture.expectCaught(.overfit) { procedures in
      let honest = procedures.train
      procedures.train = { task in
        var other = task
        other.configuration.learningRate = rate
        return try honest(other)
      }
    }
  }
}
