import Adapters
package import ModelFiles
import SafeIO
import TensorCore

/// An immutable snapshot of an adapter in the layout that a step reads.
///
/// All of an adapter is one block of memory: for each layer and each group of projections that share an input first the
/// factors `a`, `[rank, inputs]`, one after another, then the factors `b`, transposed, `[rank, outputs]`, the scale
/// multiplied in.
///
/// `@unchecked Sendable` is sound because the memory is written only inside `init`.
package final class ServingAdapter: @unchecked Sendable {
  /// Where one module's factors are, in numbers from the start of the block.
  struct Part {
    let rank: Int
    let down: Int
    let up: Int
  }

  /// SHA-256 over both files of the adapter.
  package let sha256: String
  /// Memory of the factors.
  package let bytes: Int
  /// Modules that are adapted.
  package let moduleCount: Int
  /// The largest sum of ranks of projections that share an input.
  let widestRank: Int
  /// `[layer * 7 + projection]`.
  let parts: [Part?]
  let numbers: UnsafeMutablePointer<Float>
  private let count: Int

  /// Reads a PEFT directory.
  ///
  /// - Throws: `ModelFileError`, `IOFailure`; `AdapterError` for one that does not fit the model: every tensor must
  ///   find its place, and every targeted module its tensors.
  package init(path: String, model: TransformerConfiguration, numerics: ServingNumerics) throws {
    let directory = try PEFTDirectory(path: path)
    let plan = try AdapterPlan(directory, for: model)
    var parts = [Part?](repeating: nil, count: plan.pairs.count)
    var place = 0
    var widest = 0
    for layer in 0..<model.layerCount {
      for group in ProjectionGroup.allCases {
        var ranks: [(index: Int, rank: Int, down: Int, projection: Projection)] = []
        for projection in group.members {
          let index = layer * Projection.allCases.count + projection.rawValue
          guard let pair = plan.pairs[index] else { continue }
          ranks.append((index, pair.a.shape[0], place, projection))
          place += pair.a.elementCount
        }
        for (index, rank, down, projection) in ranks {
          parts[index] = Part(rank: rank, down: down, up: place)
          place += rank * projection.shape(model).outputs
        }
        widest = max(widest, ranks.reduce(0) { $0 + $1.rank })
      }
    }
    let numbers = UnsafeMutablePointer<Float>.allocate(capacity: max(place, 1))
    do {
      for case let (part?, pair?) in zip(parts, plan.pairs) {
        let source = directory.tensors
        try source.readFiniteFloats(
          pair.a.name, into: .init(start: numbers + part.down, count: pair.a.elementCount))
        var up = [Float](repeating: 0, count: pair.b.elementCount)
        try up.withUnsafeMutableBufferPointer { try source.readFiniteFloats(pair.b.name, into: $0) }
        let scale = Float(directory.configuration.scale(of: pair.module))
        let outputs = pair.b.shape[0]
        for output in 0..<outputs {
          for r in 0..<part.rank {
            numbers[part.up + r * outputs + output] = up[output * part.rank + r] * scale
          }
        }
      }
      sha256 = FileHash.sha256(
        of: Array(
          [
            try FileHash.sha256(ofFile: "\(path)/adapter_config.json"),
            try FileHash.sha256(ofFile: "\(path)/adapter_model.safetensors"),
          ].joined(separator: "\n").utf8))
    } catch {
      numbers.deallocate()
      throw error
    }
    self.parts = parts
    self.numbers = numbers
    count = place
    bytes = place * MemoryLayout<Float>.stride
    widestRank = widest
    moduleCount = parts.count { $0 != nil }
  }

  deinit { numbers.deallocate() }
}

/// Which tensors of an adapter belong to which projections, all of them accounted for.
struct AdapterPlan {
  /// `[layer * 7 + projection]`.
  let pairs: [PEFTDirectory.Pair?]

  init(_ directory: PEFTDirectory, for model: TransformerConfiguration) throws {
    let path = directory.path
    let configuration = directory.configuration
    if configuration.usesDoRA { throw AdapterError.unsupported(path: path, "DoRA (use_dora)") }
    if !directory.tokenRows.isEmpty {
      throw AdapterError.unsupported(path: path, "trained token rows (trainable_token_indices)")
    }
    // PEFT makes layers for the targets only, and would pass over the weights of others.
    let stray = directory.pairs.map(\.module).filter { !configuration.adapts($0) }
    guard stray.isEmpty else { throw AdapterError.untargetedModules(path: path, stray) }
    var rest = Dictionary(uniqueKeysWithValues: directory.pairs.map { ($0.module, $0) })
    var pairs: [PEFTDirectory.Pair?] = []
    var missing: [String] = []
    for layer in 0..<model.layerCount {
      for projection in Projection.allCases {
        let module = "model.layers.\(layer).\(projection.path)"
        let pair = rest.removeValue(forKey: module)
        pairs.append(pair)
        guard let pair else {
          if configuration.adapts(module) { missing.append(module) }
          continue
        }
        let (outputs, inputs) = projection.shape(model)
        guard pair.a.shape[1] == inputs, pair.b.shape[0] == outputs else {
          throw AdapterError.shape(
            path: path, module: module, found: "\(pair.a.shape) and \(pair.b.shape)",
            expected: "[r, \(inputs)] and [\(outputs), r]")
        }
      }
    }
    guard rest.isEmpty else { throw AdapterError.unknownModules(path: path, rest.keys.sorted()) }
    guard missing.isEmpty else { throw AdapterError.missingModules(path: path, missing) }
    self.pairs = pairs
  }
}
