import CKernels
import ModelFiles
import Synchronization
import TensorCore

/// The buffers of a step, kept from one step to the next.
///
/// `@unchecked Sendable` is sound because a workspace has one owner at a time: the step that took it, or the model.
struct StepWorkspace: @unchecked Sendable {
  /// Rows that there is room for.
  let rows: Int
  /// The residual stream, and what the last projection adds to it: `[rows, hiddenSize]`.
  let stream: UnsafeMutablePointer<Float>
  let addition: UnsafeMutablePointer<Float>
  /// What goes into projections, in f32 and quantised.
  let input: UnsafeMutablePointer<Float>
  let quantised: UnsafeMutableRawPointer
  /// What comes out of them.
  let output: UnsafeMutablePointer<Float>
  private let block: StoragePool.Block

  init(rows: Int, _ c: TransformerConfiguration) {
    let queries = c.headCount * c.headDimension
    let widest = max(c.hiddenSize, queries, c.intermediateSize)
    let outputs = max(queries + 2 * c.keyValueHeadCount * c.headDimension, 2 * c.intermediateSize)
    var sizes = [c.hiddenSize, c.hiddenSize, widest, outputs].map { rows * $0 * 4 }
    sizes.append(rows * ck_row_bytes(widest))
    let places = sizes.map { ($0 + 127) / 64 * 64 }
    block = StoragePool.take(places.reduce(0, +))
    self.rows = rows
    var place = block.pointer
    func next(_ index: Int) -> UnsafeMutableRawPointer {
      defer { place += places[index] }
      return place
    }
    stream = next(0).bindMemory(to: Float.self, capacity: sizes[0] / 4)
    addition = next(1).bindMemory(to: Float.self, capacity: sizes[1] / 4)
    input = next(2).bindMemory(to: Float.self, capacity: sizes[2] / 4)
    output = next(3).bindMemory(to: Float.self, capacity: sizes[3] / 4)
    quantised = next(4)
  }

  func release() { StoragePool.give(block) }
}

extension ServingModel {
  /// Takes the kept workspace, or a new one if it has too few rows.
  func takeWorkspace(rows: Int) -> StepWorkspace {
    let kept = workspace.withLock { kept -> StepWorkspace? in
      defer { kept = nil }
      return kept
    }
    if let kept, kept.rows >= rows { return kept }
    kept?.release()
    return StepWorkspace(rows: rows, configuration)
  }

  /// Keeps a workspace for the next step.
  func keep(_ used: StepWorkspace) {
    let other = workspace.withLock { kept -> StepWorkspace? in
      defer { kept = used }
      return kept
    }
    other?.release()
  }
}
