import Autodiff
import CKernels
import Foundation
import ModelFiles
import NN
import TensorCore

/// The attention of one step: keys and values into their pages, and every row over what it may see.
///
/// Everything that the pieces of work read are plain numbers and pointers: counting references on all threads at once
/// would take longer than some of them.
struct StepAttention {
  /// A sequence, and where it is.
  private struct Place {
    let row: Int
    let count: Int
    /// The position of the first row.
    let position: Int
    /// The first of its pages in `pages`.
    let page: Int
  }

  /// A piece of work: some rows of one sequence, for the query heads that share one key head.
  private struct Unit {
    let sequence: Int
    let rows: Range<Int>
    let head: Int
  }

  private let pool: ThreadPool
  private let table: ck_serve
  private let workspace: StepWorkspace
  private let angles: RotaryAngles<Float>
  private let (heads, keyHeads, size): (Int, Int, Int)
  private let (window, epsilon): (Int, Float)
  private let layout: PageLayout
  private let places: [Place]
  /// The pages of each sequence, one sequence after another.
  private let pages: [UnsafeRawPointer]
  /// Rows of sequences with several: all keys must be there before any of their rows attends.
  private let promptRows: [(sequence: Int, row: Int)]
  private let units: [Unit]

  /// Rows of a sequence that are computed in one piece of work.
  private static let rowsPerUnit = 32

  init(_ step: ServingStep) {
    let c = step.c
    pool = step.model.pool
    table = step.model.kernels.table
    workspace = step.workspace
    (heads, keyHeads, size) = (c.headCount, c.keyValueHeadCount, c.headDimension)
    (window, epsilon) = (c.slidingWindow ?? 0, Float(c.normEpsilon))
    layout = step.sequences[0].cache.pool.layout
    var positions: [Int32] = []
    var pages: [UnsafeRawPointer] = []
    var places: [Place] = []
    var promptRows: [(Int, Int)] = []
    var units: [Unit] = []
    for (index, sequence) in step.sequences.enumerated() {
      let (cache, count) = (sequence.cache, sequence.tokens.count)
      places.append(
        Place(row: positions.count, count: count, position: cache.length, page: pages.count))
      positions += (0..<count).map { Int32(cache.length + $0) }
      pages += cache.pages.map { UnsafeRawPointer(cache.pool.pointer($0)) }
      if count > 1 { promptRows += (0..<count).map { (index, $0) } }
      // The last rows see the most; they go first so that no thread ends alone on them.
      for first in stride(from: 0, to: count, by: Self.rowsPerUnit).reversed() {
        for head in 0..<keyHeads {
          let rows = first..<min(first + Self.rowsPerUnit, count)
          units.append(Unit(sequence: index, rows: rows, head: head))
        }
      }
    }
    angles = step.model.rotary.angles(at: positions)
    (self.places, self.pages, self.promptRows, self.units) = (places, pages, promptRows, units)
  }

  /// From the projected rows in the workspace's output to its input.
  func run(_ layer: LayerWeights, _ index: Int) {
    let norms = (query: layer.queryNorm, key: layer.keyNorm)
    withAll { places, pages, cosines, sines in
      func append(_ place: Place, _ rowInSequence: Int, _ head: Int) {
        let (row, group) = (place.row + rowInSequence, heads / keyHeads)
        let position = place.position + rowInSequence
        let start = workspace.output + row * (heads + 2 * keyHeads) * size
        let page = pages[place.page + position / KeyValuePool.pageTokens]
        var call = ck_append(
          group: group, head: size, number: layout.numberBytes, q: start + head * group * size,
          k: start + (heads + head) * size, v: start + (heads + keyHeads + head) * size,
          cosine: cosines + row * size / 2, sine: sines + row * size / 2, q_norm: norms.query,
          k_norm: norms.key, epsilon: epsilon,
          page: UnsafeMutableRawPointer(mutating: page) + layout.offset(layer: index, head: head),
          slot: position % KeyValuePool.pageTokens)
        table.append(&call)
      }
      promptRows.withUnsafeBufferPointer { promptRows in
        pool.forEachRange(promptRows.count, grain: 8) {
          for place in $0 {
            let (sequence, row) = promptRows[place]
            for head in 0..<keyHeads { append(places[sequence], row, head) }
          }
        }
      }
      units.withUnsafeBufferPointer { units in
        pool.forEach(units.count) {
          let unit = units[$0]
          let place = places[unit.sequence]
          if place.count == 1 { append(place, 0, unit.head) }
          attend(unit, place, pages + place.page, layout.offset(layer: index, head: unit.head))
        }
      }
    }
  }

  private func attend(
    _ unit: Unit, _ place: Place, _ pages: UnsafePointer<UnsafeRawPointer>, _ offset: Int
  ) {
    let group = heads / keyHeads
    let row = place.row + unit.rows.lowerBound
    let width = (heads + 2 * keyHeads) * size
    let state = (size + 15) / 16 * 16 + 2
    withUnsafeTemporaryAllocation(of: Float.self, capacity: unit.rows.count * group * state) {
      guard let space = $0.baseAddress else { return }
      var call = ck_attention(
        rows: unit.rows.count, group: group, head: size, number: layout.numberBytes, pages: pages,
        offset: offset, position: place.position + unit.rows.lowerBound, window: window,
        scale: 1 / Float(size).squareRoot(),
        q: workspace.output + row * width + unit.head * group * size, ldq: width,
        out: workspace.input + (row * heads + unit.head * group) * size, ldo: heads * size,
        workspace: space)
      table.attend(&call)
    }
  }

  private func withAll(
    _ body: (
      UnsafePointer<Place>, UnsafePointer<UnsafeRawPointer>, UnsafePointer<Float>,
      UnsafePointer<Float>
    ) -> Void
  ) {
    places.withUnsafeBufferPointer { places in
      pages.withUnsafeBufferPointer { pages in
        angles.cosines.withUnsafePointer { cosines in
          angles.sines.withUnsafePointer { sines in
            guard let places = places.baseAddress, let pages = pages.baseAddress else { return }
            body(places, pages, cosines, sines)
          }
        }
      }
    }
  }
}
