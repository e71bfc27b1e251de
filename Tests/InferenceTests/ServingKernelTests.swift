import CKernels
import Foundation
import Inference
import ModelFiles
import TensorCore
import TestSupport
import Testing

/// The loops of `ck_serve.h` against plain arithmetic, and those of each instruction set against the portable ones.
@Suite struct ServingKernelTests {
  private static let kinds: [(kind: ck_weight, type: StoredType)] = [
    (CK_WEIGHT_F32, .f32), (CK_WEIGHT_F16, .f16), (CK_WEIGHT_BF16, .bf16), (CK_WEIGHT_Q4_0, .q4_0),
    (CK_WEIGHT_Q4_1, .q4_1), (CK_WEIGHT_Q5_0, .q5_0), (CK_WEIGHT_Q5_1, .q5_1),
    (CK_WEIGHT_Q8_0, .q8_0), (CK_WEIGHT_Q4_K, .q4_K), (CK_WEIGHT_Q5_K, .q5_K),
    (CK_WEIGHT_Q6_K, .q6_K),
  ]

  private static var tables: [ck_serve] {
    (0..<ck_serve_count()).map { ck_serve_kernels($0).pointee }
  }

  /// Random rows of a type, their tiles, and what the reference makes of them in f32.
  private struct Weight {
    let kind: ck_weight
    let (outputs, inputs): (Int, Int)
    var tiles: [UInt8]
    var floats: [Float]

    init(_ kind: ck_weight, _ type: StoredType, outputs: Int, inputs: Int) {
      (self.kind, self.outputs, self.inputs) = (kind, outputs, inputs)
      var generator = RandomGenerator(seed: UInt64(kind.rawValue) + 1)
      let blocks = outputs * inputs / type.blockElements
      var bytes = (0..<blocks * type.blockBytes).map { _ in
        UInt8(generator.nextIndex(below: 256))
      }
      func put(_ value: UInt16, _ place: Int) {
        (bytes[place], bytes[place + 1]) = (UInt8(value & 255), UInt8(value >> 8))
      }
      for block in 0..<blocks {
        let start = block * type.blockBytes
        let number = Float(generator.nextNormal())
        switch type {
        case .f32:
          put(UInt16(truncatingIfNeeded: number.bitPattern), start)
          put(UInt16(number.bitPattern >> 16), start + 2)
        case .f16: put(HalfPrecision.half(number), start)
        case .bf16: put(HalfPrecision.bfloat16(number), start)
        case .q6_K: put(HalfPrecision.half(number * 0.01), start + 208)
        default:
          put(HalfPrecision.half(number * 0.01), start)
          if [.q4_1, .q5_1, .q4_K, .q5_K].contains(type) {
            put(HalfPrecision.half(Float(generator.nextNormal()) * 0.1), start + 2)
          }
        }
      }
      floats = Dequantize.floats(type, bytes)
      let rowBytes = bytes.count / outputs
      let size = ck_tile_bytes(kind, inputs)
      tiles = [UInt8](repeating: 0, count: size * ((outputs + 15) / 16))
      tiles.withUnsafeMutableBytes { tiles in
        bytes.withUnsafeBytes { bytes in
          for tile in 0..<(outputs + 15) / 16 {
            let isFinite = ck_tile_pack(
              kind, bytes.start + tile * 16 * rowBytes, rowBytes,
              min(16, outputs - tile * 16),
              inputs, tiles.start + tile * size)
            #expect(isFinite == 1)
          }
        }
      }
    }
  }

  private func normal(_ count: Int, seed: UInt64) -> [Float] {
    var generator = RandomGenerator(seed: seed)
    return (0..<count).map { _ in Float(generator.nextNormal()) }
  }

  private func quantised(_ table: ck_serve, _ x: [Float], rows: Int, inputs: Int) -> [UInt8] {
    let bytes = ck_row_bytes(inputs)
    var result = [UInt8](repeating: 0, count: rows * bytes)
    result.withUnsafeMutableBytes { result in
      x.withUnsafeBufferPointer { x in
        for row in 0..<rows {
          table.quantise(x.start + row * inputs, inputs, result.start + row * bytes)
        }
      }
    }
    return result
  }

  /// The product of rows `[first, last)` of `x`, in integers or as f32, with a bias.
  private func product(
    _ table: ck_serve, _ weight: Weight, _ x: [Float], _ bias: [Float], rows: Range<Int>,
    isExact: Bool
  ) -> [Float] {
    let records = quantised(table, x, rows: x.count / weight.inputs, inputs: weight.inputs)
    var y = [Float](repeating: .nan, count: rows.count * weight.outputs)
    weight.tiles.withUnsafeBytes { tiles in
      records.withUnsafeBytes { records in
        x.withUnsafeBytes { x in
          let start =
            isExact
            ? x.start + rows.lowerBound * weight.inputs * 4
            : records.start + rows.lowerBound * ck_row_bytes(weight.inputs)
          y.withUnsafeMutableBufferPointer { y in
            bias.withUnsafeBufferPointer { bias in
              var call = ck_product(
                rows: rows.count, k: weight.inputs, x: start, ldx: weight.inputs,
                tiles: tiles.start, outputs: weight.outputs, bias: bias.baseAddress,
                y: y.start, ldy: weight.outputs)
              if isExact {
                table.multiply_exact(weight.kind, &call)
              } else {
                table.multiply(weight.kind, &call)
              }
            }
          }
        }
      }
    }
    return y
  }

  @Test func tilesHoldWhatTheReferenceDequantises() {
    for (kind, type) in Self.kinds {
      let inputs = type.blockElements == 256 ? 512 : type.blockElements == 1 ? 37 : 96
      let weight = Weight(kind, type, outputs: 21, inputs: inputs)
      var row = [Float](repeating: .nan, count: inputs)

      for index in 0..<weight.outputs {
        weight.tiles.withUnsafeBytes {
          ck_tile_unpack_row(
            kind, $0.start + index / 16 * ck_tile_bytes(kind, inputs), index % 16, inputs,
            &row)
        }
        #expect(row == Array(weight.floats[index * inputs..<(index + 1) * inputs]), "\(type)")
      }
    }
  }

  @Test func productsAreThoseOfTheirFormulaOnEveryInstructionSet() {
    for (kind, type) in Self.kinds {
      let inputs = type.blockElements == 256 ? 1280 : type.blockElements == 1 ? 530 : 544
      let weight = Weight(kind, type, outputs: 37, inputs: inputs)
      let (rows, bias) = (21, normal(37, seed: 7))
      let x = normal(rows * inputs, seed: 5)
      for isExact in type.blockElements == 1 ? [true] : [true, false] {
        let first = product(
          Self.tables[0], weight, x, bias, rows: 0..<rows, isExact: isExact)
        for table in Self.tables {
          let label = "\(type), \(String(cString: table.name)), exact \(isExact)"
          let found = product(table, weight, x, bias, rows: 0..<rows, isExact: isExact)
          #expect(found == first, "\(label)")
          // Whatever rows are computed beside it.
          for some in [0..<1, 3..<8, 13..<21] {
            let part = product(table, weight, x, bias, rows: some, isExact: isExact)
            #expect(part == Array(found[some.lowerBound * 37..<some.upperBound * 37]), "\(label)")
          }
        }
        var sizes = 0.0
        var errors = 0.0
        for row in 0..<rows {
          for output in 0..<37 {
            var sum = Double(bias[output])
            for i in 0..<inputs {
              sum += Double(x[row * inputs + i]) * Double(weight.floats[output * inputs + i])
            }
            sizes += sum * sum
            errors +=
              (Double(first[row * 37 + output]) - sum) * (Double(first[row * 37 + output]) - sum)
          }
        }
        // Activations of 8 bits are within half a step of a 127th of each block's largest.
        #expect((errors / sizes).squareRoot() < (isExact ? 2e-6 : 1e-2), "\(type) \(isExact)")
      }
    }
  }

  @Test func quantisedWeightsAreNearTheirNumbers() {
    let (outputs, inputs) = (19, 75)
    let numbers = normal(outputs * inputs, seed: 3)
    let size = ck_tile_bytes(CK_WEIGHT_Q8_0, inputs)
    var tiles = [UInt8](repeating: 0, count: 2 * size)
    tiles.withUnsafeMutableBytes { tiles in
      numbers.withUnsafeBufferPointer { numbers in
        for tile in 0..<2 {
          ck_tile_quantise(
            numbers.start + tile * 16 * inputs, inputs, min(16, outputs - 16 * tile), inputs,
            tiles.start + tile * size)
        }
      }
    }
    var row = [Float](repeating: 0, count: inputs)
    for index in 0..<outputs {
      tiles.withUnsafeBytes {
        ck_tile_unpack_row(
          CK_WEIGHT_Q8_0, $0.start + index / 16 * size, index % 16, inputs, &row)
      }
      for first in stride(from: 0, to: inputs, by: 32) {
        let block = first..<min(first + 32, inputs)
        let largest = block.reduce(Float(0)) { max($0, abs(numbers[index * inputs + $1])) }
        for i in block {
          #expect(abs(row[i] - numbers[index * inputs + i]) <= largest / 127 * 0.57)
        }
      }
    }
  }

  @Test func whatIsNotFiniteIsNotHidden() {
    var x = normal(64, seed: 1)
    x[40] = .nan
    let weight = Weight(CK_WEIGHT_Q8_0, .q8_0, outputs: 16, inputs: 64)
    for table in Self.tables {
      let y = product(
        table, weight, x, [Float](repeating: 0, count: 16), rows: 0..<1, isExact: false)
      #expect(y.allSatisfy { !$0.isFinite })
      x[40] = .infinity
      let z = product(
        table, weight, x, [Float](repeating: 0, count: 16), rows: 0..<1, isExact: false)
      #expect(z.allSatisfy { !$0.isFinite })
      x[40] = .nan
    }
  }

  @Test func layersAreThoseOfTheirFormulas() {
    for n in [1, 15, 16, 64, 147] {
      let (h, t, w) = (normal(n, seed: 1), normal(n, seed: 2), normal(n, seed: 3))
      var first: [[Float]] = []
      for table in Self.tables {
        var stream = h
        var normed = [Float](repeating: 0, count: n)
        var gated = normed
        table.add_norm(&stream, t, w, n, 1e-5, &normed)
        table.swiglu(h, t, n, &gated)
        let a = normal(3 * n, seed: 4)
        var half = [UInt16](repeating: 0, count: 3 * n)
        ck_to_f16(a, &half, 3 * n)
        var u = [Float](repeating: 0, count: 6)
        var y = t
        table.shrink(4, a, 3, n, h, &u)
        table.shrink(2, half, 3, n, h, &u[3])
        table.expand(4, a, n, 3, n, u, &y)
        table.expand(2, half, n, 3, n, u, &y)
        let results = [stream, normed, gated, u, y]
        if first.isEmpty { first = results }
        #expect(results == first, "\(String(cString: table.name)), \(n)")
      }
      let sums = zip(h, t).map { Double($0 + $1) }
      let scale = 1 / (sums.reduce(0) { $0 + $1 * $1 } / Double(n) + 1e-5).squareRoot()
      expectClose(first[1], zip(sums, w).map { Float($0 * scale * Double($1)) }, within: 1e-6)
      let swish = zip(h, t).map { g, u in
        Float(Double(g) / (1 + exp(-Double(g))) * Double(u))
      }
      expectClose(first[2], swish, within: 1e-6)
      let a = normal(3 * n, seed: 4)
      let u = (0..<3).map { r in (0..<n).reduce(0.0) { $0 + Double(a[r * n + $1]) * Double(h[$1]) }
      }
      expectClose(Array(first[3].prefix(3)), u.map { Float($0) }, within: 1e-5)
      expectClose(Array(first[3].suffix(3)), u.map { Float($0) }, within: 5e-3)
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var start: UnsafeRawPointer {
    guard let baseAddress else { fatalError("no bytes") }
    return baseAddress
  }
}

extension UnsafeMutableRawBufferPointer {
  fileprivate var start: UnsafeMutableRawPointer {
    guard let baseAddress else { fatalError("no bytes") }
    return baseAddress
  }
}

extension UnsafeBufferPointer {
  fileprivate var start: UnsafePointer<Element> {
    guard let baseAddress else { fatalError("no elements") }
    return baseAddress
  }
}

extension UnsafeMutableBufferPointer {
  fileprivate var start: UnsafeMutablePointer<Element> {
    guard let baseAddress else { fatalError("no elements") }
    return baseAddress
  }
}
