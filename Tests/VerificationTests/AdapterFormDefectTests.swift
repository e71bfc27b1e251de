import Adapters
import Models
import NN
import TensorCore
import Testing
import Training
import Verification

/// Defects of what only some adapters have, DoRA's magnitudes and rows of tokens, are found without an adapter
/// that has them.
@Suite struct AdapterFormDefectTests {
  enum Part: String, CaseIterable {
    case magnitude = "lora_magnitude_vector"
    case tokenRows = "token_adapter"
  }

  @Test(arguments: Part.allCases) func mergeThatForgets(_ part: Part) throws {
    try Fixture.expectCaught(.merged) { procedures in
      let honest = procedures.merged
      procedures.merged = { adapted, subject in
        // The same weights, but for the part that an adapter without it does not have.
        let model = try honest(adapted, subject)
        let base = subject.base()
        if part == .tokenRows {
          for (path, _) in adapted.adapter.tokenRows {
            let name = "\(path).weight"
            let kept = base.parameters.first { $0.path == name }?.parameter.value
            guard let kept else { continue }
            model.parameters.first { $0.path == name }?.parameter.value = kept
          }
          return model
        }
        let updates = adapted.adapter.weights.projections
        var bases: [String: Linear] = [:]
        base.updateProjections { path, layer in bases[path] = layer as? Linear }
        model.updateProjections { path, layer in
          guard var update = updates.first(where: { $0.path == path }), let base = bases[path]
          else { return }
          update.magnitude = nil
          layer = Linear(
            weight: update.merged(into: base.weight.value), bias: base.bias?.value)
        }
        return model
      }
    }
  }

  @Test(arguments: Part.allCases) func numberThatIsNotLoaded(_ part: Part) throws {
    try Fixture.expectCaught(.roundTrip) { procedures in
      let honest = procedures.reloaded
      procedures.reloaded = { adapter, model in
        let result = try honest(adapter, model)
        for (path, parameter) in result.parameters where path.contains(part.rawValue) {
          var scalars = parameter.value.scalars
          scalars[0] = scalars[0].nextUp
          parameter.value = Tensor(scalars, shape: parameter.value.shape)
        }
        return result
      }
    }
  }

  @Test(arguments: Part.allCases) func gradientThatNeverComes(_ part: Part) throws {
    try Fixture.expectCaught(.gradientReach) { procedures in
      let honest = procedures.train
      procedures.train = { task in
        var result = try honest(task)
        for (place, entry) in task.trained.parameters.enumerated()
        where entry.path.contains(part.rawValue) {
          result.snapshot.optimizer[place] = .zeros(result.snapshot.optimizer[place].shape)
        }
        return result
      }
    }
  }
}
