import TensorCore

/// The loops of the kernel table that a training step spends time in, with SmolLM2's extents.
enum LoopCatalog {
  enum Name: String, CaseIterable {
    case rmsNorm = "RMSNorm"
    case rmsNormBackward = "RMSNorm backward"
    case swiglu = "SwiGLU"
    case swigluBackward = "SwiGLU backward"
    case rotary
    case softmax
    case add = "residual sum"
    case logSumExp = "log-sum-exp"
    case crossEntropy = "cross-entropy gradient"
    case adamW = "AdamW"
  }

  static var names: [Name] { Name.allCases }

  static func loop(_ name: Name, rows: Int) -> LoopFigures.Loop {
    switch name {
    case .rmsNorm, .rmsNormBackward: norm(name, rows)
    case .swiglu, .swigluBackward: gate(name, rows)
    case .rotary: rotary(rows)
    case .softmax, .add: rowwise(name, rows)
    case .logSumExp, .crossEntropy: vocabulary(name, rows)
    case .adamW: adamW(rows)
    }
  }

  private static func norm(_ name: Name, _ rows: Int) -> LoopFigures.Loop {
    let columns = 576
    let (x, dy, y) = (Buffer(rows * columns), Buffer(rows * columns), Buffer(rows * columns))
    let (w, rstd) = (Buffer(columns), Buffer(rows))
    if name == .rmsNorm {
      return .init(name: name.rawValue, reads: columns, writes: columns) {
        let at = $0.lowerBound * columns
        Float.kernels.rmsNorm(
          x.pointer + at, w.pointer, y.pointer + at, rstd.pointer + $0.lowerBound, $0.count,
          columns, 1e-5)
      }
    }
    return .init(name: name.rawValue, reads: 2 * columns, writes: columns) {
      let at = $0.lowerBound * columns
      Float.kernels.rmsNormBackward(
        x.pointer + at, w.pointer, rstd.pointer + $0.lowerBound, dy.pointer + at, y.pointer + at,
        $0.count, columns, 0)
    }
  }

  private static func gate(_ name: Name, _ rows: Int) -> LoopFigures.Loop {
    let columns = 1536
    let (gate, up, y) = (Buffer(rows * columns), Buffer(rows * columns), Buffer(rows * columns))
    if name == .swiglu {
      return .init(name: name.rawValue, reads: 2 * columns, writes: columns) {
        let at = $0.lowerBound * columns
        Float.kernels.swiglu(
          gate.pointer + at, up.pointer + at, columns, y.pointer + at, columns, $0.count, columns)
      }
    }
    let dUp = Buffer(rows * columns)
    let dGate = Buffer(rows * columns)
    return .init(name: name.rawValue, reads: 3 * columns, writes: 2 * columns) {
      let at = $0.lowerBound * columns
      Float.kernels.swigluBackward(
        gate.pointer + at, up.pointer + at, columns, y.pointer + at, columns, dGate.pointer + at,
        dUp.pointer + at, columns, $0.count, columns)
    }
  }

  private static func rotary(_ rows: Int) -> LoopFigures.Loop {
    let (heads, head) = (9, 64)
    let columns = heads * head
    let (x, y) = (Buffer(rows * columns), Buffer(rows * columns))
    let (cosines, sines) = (Buffer(rows * head / 2), Buffer(rows * head / 2))
    return .init(name: Name.rotary.rawValue, reads: columns + head, writes: columns) {
      let (at, angle) = ($0.lowerBound * columns, $0.lowerBound * head / 2)
      Float.kernels.rope(
        x.pointer + at, columns, cosines.pointer + angle, sines.pointer + angle, y.pointer + at,
        columns, $0.count, heads, head, 1)
    }
  }

  private static func rowwise(_ name: Name, _ rows: Int) -> LoopFigures.Loop {
    let columns = name == .softmax ? 256 : 576
    let (x, y) = (Buffer(rows * columns), Buffer(rows * columns))
    if name == .softmax {
      return .init(name: name.rawValue, reads: columns, writes: columns) {
        let at = $0.lowerBound * columns
        Float.kernels.softmax(x.pointer + at, y.pointer + at, $0.count, columns)
      }
    }
    let z = Buffer(rows * columns)
    return .init(name: name.rawValue, reads: 2 * columns, writes: columns) {
      let at = $0.lowerBound * columns
      Float.kernels.add(x.pointer + at, z.pointer + at, y.pointer + at, $0.count * columns)
    }
  }

  private static func vocabulary(_ name: Name, _ rows: Int) -> LoopFigures.Loop {
    let classes = 49_152
    let x = Buffer(rows * classes)
    if name == .logSumExp {
      return .init(name: name.rawValue, reads: classes, writes: 0) {
        for row in $0 { _ = Float.kernels.logSumExp(x.pointer + row * classes, classes) }
      }
    }
    return .init(name: name.rawValue, reads: classes, writes: classes) {
      // The gradient replaces the logits: values stay small, and the work is the same each time.
      for row in $0 {
        Float.kernels.crossEntropyBackward(x.pointer + row * classes, classes, 11, 7, 1)
      }
    }
  }

  private static func adamW(_ rows: Int) -> LoopFigures.Loop {
    let columns = 1024
    let (p, g) = (Buffer(rows * columns), Buffer(rows * columns))
    let (m, v) = (Buffer(rows * columns), Buffer(rows * columns))
    return .init(name: Name.adamW.rawValue, reads: 4 * columns, writes: 3 * columns) {
      let at = $0.lowerBound * columns
      Float.kernels.adamw(
        p.pointer + at, g.pointer + at, m.pointer + at, v.pointer + at, $0.count * columns, 1e-6,
        0.9, 0.999, 1e-8, 0, 0.1, 0.001, 1)
    }
  }
}
