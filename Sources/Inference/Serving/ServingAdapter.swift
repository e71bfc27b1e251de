import Adapters
import CKernels
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
  /// The model that it is for.
  let model: TransformerConfiguration
  /// `[layer * 7 + projection]`.
  let parts: [Part?]
  private let memory: UnsafeMutableRawPointer
  /// Bytes of a number: 2 for f16, 4 for f32.
  private let number: Int

  /// Reads a PEFT directory.
  ///
  /// With `.fast`, factors are kept in f16, unless one has a number that is too large for that.
  ///
  /// - Throws: `ModelFileError`, `IOFailure`; `AdapterError` for one that does not fit the model: every tensor must
  ///   find its place, and every targeted module its tensors.
  package init(path: String, model: TransformerConfiguration, numerics: ServingNumerics) throws {
    let directory = try PEFTDirectory(path: path)
    let plan = try AdapterPlan(directory, for: model)
    let (parts, count) = Self.layout(plan, model)
    let hash = FileHash.sha256(
      of: Array(
        [
          try FileHash.sha256(ofFile: "\(path)/adapter_config.json"),
          try FileHash.sha256(ofFile: "\(path)/adapter_model.safetensors"),
        ].joined(separator: "\n").utf8))
    let numbers = try Self.read(directory, plan, parts, count)
    let fits = numbers.allSatisfy { abs($0) <= 65504 }
    let number = numerics == .fast && fits ? 2 : 4
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
    (self.parts, self.model, sha256) = (parts, model, hash)
    bytes = count * number
    moduleCount = parts.count { $0 != nil }
  }

  deinit { memory.deallocate() }

  private static func layout(_ plan: AdapterPlan, _ model: TransformerConfiguration) -> (
    [Part?], Int
  ) {
    var parts = [Part?](repeating: nil, count: plan.pairs.count)
    var place = 0
    for layer in 0..<model.layerCount {
      for group in ProjectionGroup.allCases {
        let members = group.members.map { layer * Projection.allCases.count + $0.rawValue }
        var downs: [Int] = []
        for pair in members.compactMap({ plan.pairs[$0] }) {
          downs.append(place)
          place += pair.a.elementCount
        }
        for index in members {
          guard let pair = plan.pairs[index] else { continue }
          parts[index] = Part(rank: pair.a.shape[0], down: downs.removeFirst(), up: place)
          place += pair.b.elementCount
        }
      }
    }
    return (parts, place)
  }

  private static func read(
    _ directory: PEFTDirectory, _ plan: AdapterPlan, _ parts: [Part?], _ count: Int
  ) throws -> [Float] {
    let source = directory.tensors
    return try [Float](unsafeUninitializedCapacity: count) { numbers, initialized in
      for case (let part?, let pair?) in zip(parts, plan.pairs) {
        let downs = UnsafeMutableBufferPointer(
          rebasing: numbers[part.down..<part.down + pair.a.elementCount])
        try source.readFiniteFloats(pair.a.name, into: downs)
        let up = try source.readFloats(pair.b.name)
        try up.withUnsafeBufferPointer { try source.checkFinite(pair.b.name, $0) }
        let scale = Float(directory.configuration.scale(of: pair.module))
        let outputs = pair.b.shape[0]
        for output in 0..<outputs {
          for r in 0..<part.rank {
            numbers[part.up + r * outputs + output] = up[output * part.rank + r] * scale
          }
        }
      }
      initialized = count
    }
  }

  /// Adds `b (a x)` of each projection of a group to its columns of one row.
  func addUpdates(
    layer: Int, group: ProjectionGroup, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>, model: TransformerConfiguration, _ table: ck_serve
  ) {
    var column = 0
    for projection in group.members {
      let (outputs, inputs) = projection.shape(model)
      defer { column += outputs }
      guard let part = parts[layer * Projection.allCases.count + projection.rawValue] else {
        continue
      }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: part.rank) { shrunk in
        guard let shrunk = shrunk.baseAddress else { return }
        table.shrink(number, memory + part.down * number, part.rank, inputs, input, shrunk)
        table.expand(
          number, memory + part.up * number, outputs, part.rank, outputs, shrunk, output + column)
      }
    }
  }
}
