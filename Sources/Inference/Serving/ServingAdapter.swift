import Adapters
import CKernels
import ModelFiles
import SafeIO
import TensorCore

/// An immutable snapshot of an adapter in the layout that a step reads.
///
/// All low-rank factors are one block of memory: for each layer and each group of projections that share an input first
/// the factors `a`, `[rank, inputs]`, one after another, then the factors `b`, transposed, `[rank, outputs]`, the scale
/// multiplied in. What DoRA and trained token rows add is apart, in f32.
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
  /// Memory of all that it changes.
  package let bytes: Int
  /// Modules that are adapted.
  package let moduleCount: Int
  /// The model that it is for.
  let model: TransformerConfiguration
  /// `[layer * 7 + projection]`.
  let parts: [Part?]
  /// Rows that stand for the embedding's own, and for the head's.
  let embeddingRows: ServingTokenRows?
  let headRows: ServingTokenRows?
  /// What DoRA makes of the outputs, `[layer * 7 + projection]`; empty for LoRA.
  private let magnitudes: [OutputMagnitudes?]
  private let memory: UnsafeMutableRawPointer
  /// Bytes of a number: 2 for f16, 4 for f32.
  private let number: Int

  /// Reads a PEFT directory.
  ///
  /// With `.fast`, factors are kept in f16, unless one has a number that is too large for that.
  ///
  /// - Throws: `ModelFileError`, `IOFailure`; `AdapterError` for one that does not fit the model: every tensor must
  ///   find its place, and every targeted module its tensors.
  package init(path: String, model: ServingModel) throws {
    let c = model.configuration
    let weights = try AdapterWeights(path: path, fitting: AdapterSeat(c))
    let hashes = weights.hashes.map { [$0.configuration, $0.weights] } ?? []
    let hash = FileHash.sha256(of: Array(hashes.joined(separator: "\n").utf8))
    let updates = Self.inPlaces(weights.projections, c)
    let (parts, count) = Self.layout(updates, c)
    let numbers = Self.numbers(updates, parts, count)
    let fits = numbers.allSatisfy { abs($0) <= 65504 }
    let number = model.numerics == .fast && fits ? 2 : 4
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(count, 1) * number, alignment: 64)
    numbers.withUnsafeBufferPointer { numbers in
      guard let start = numbers.baseAddress else { return }
      if number == 2 {
        ck_to_f16(start, memory.bindMemory(to: UInt16.self, capacity: count), count)
      } else {
        memory.copyMemory(from: start, byteCount: count * number)
      }
    }
    (self.number, self.memory) = (number, memory)
    (self.parts, self.model, sha256) = (parts, c, hash)
    moduleCount = parts.count { $0 != nil }
    let isDoRA = updates.contains { $0?.magnitude != nil }
    magnitudes =
      isDoRA ? updates.enumerated().map { OutputMagnitudes($1, at: $0, in: model) } : []
    let tables = weights.tokenRows.map { (path: $0.path, rows: ServingTokenRows($0)) }
    embeddingRows = tables.first { $0.path == "model.embed_tokens" }?.rows
    headRows = c.tiesEmbeddings ? embeddingRows : tables.first { $0.path == "lm_head" }?.rows
    bytes =
      count * number + magnitudes.reduce(0) { $0 + ($1?.bytes ?? 0) }
      + tables.reduce(0) { $0 + $1.rows.bytes }
  }

  deinit { memory.deallocate() }

  /// Adds `b (a x)` of each projection of a group to its columns of one row, and brings those of DoRA to their
  /// magnitudes.
  func addUpdates(
    layer: Int, group: ProjectionGroup, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>, model: TransformerConfiguration, _ table: ck_serve
  ) {
    var column = 0
    for projection in group.members {
      let (outputs, inputs) = projection.shape(model)
      defer { column += outputs }
      let index = layer * Projection.allCases.count + projection.rawValue
      guard let part = parts[index] else { continue }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: part.rank) { shrunk in
        guard let shrunk = shrunk.baseAddress else { return }
        table.shrink(number, memory + part.down * number, part.rank, inputs, input, shrunk)
        table.expand(
          number, memory + part.up * number, outputs, part.rank, outputs, shrunk, output + column)
      }
      if !magnitudes.isEmpty { magnitudes[index]?.apply(to: output + column) }
    }
  }
}

// MARK: Loading

extension ServingAdapter {
  /// The updates by `layer * 7 + projection`.
  private static func inPlaces(
    _ updates: [AdaptedProjection], _ model: TransformerConfiguration
  ) -> [AdaptedProjection?] {
    let byPath = Dictionary(uniqueKeysWithValues: updates.map { ($0.path, $0) })
    return (0..<model.layerCount).flatMap { layer in
      Projection.allCases.map { byPath["model.layers.\(layer).\($0.path)"] }
    }
  }

  private static func layout(
    _ updates: [AdaptedProjection?], _ model: TransformerConfiguration
  ) -> ([Part?], Int) {
    var parts = [Part?](repeating: nil, count: updates.count)
    var place = 0
    for layer in 0..<model.layerCount {
      for group in ProjectionGroup.allCases {
        let members = group.members.map { layer * Projection.allCases.count + $0.rawValue }
        var downs: [Int] = []
        for update in members.compactMap({ updates[$0] }) {
          downs.append(place)
          place += update.down.count
        }
        for index in members {
          guard let update = updates[index] else { continue }
          parts[index] = Part(rank: update.rank, down: downs.removeFirst(), up: place)
          place += update.up.count
        }
      }
    }
    return (parts, place)
  }

  private static func numbers(_ updates: [AdaptedProjection?], _ parts: [Part?], _ count: Int)
    -> [Float]
  {
    [Float](unsafeUninitializedCapacity: count) { numbers, initialized in
      for case (let part?, let update?) in zip(parts, updates) {
        update.down.withUnsafePointer { down in
          for index in 0..<update.down.count { numbers[part.down + index] = down[index] }
        }
        let outputs = update.outputSize
        update.up.withUnsafePointer { up in
          for output in 0..<outputs {
            for r in 0..<part.rank {
              numbers[part.up + r * outputs + output] = up[output * part.rank + r] * update.scale
            }
          }
        }
      }
      initialized = count
    }
  }
}
