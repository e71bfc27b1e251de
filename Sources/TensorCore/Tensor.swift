/// A dense array of numbers: a value over shared storage, row-major and contiguous.
///
/// Copies share memory until one of them is written to. Operations do not throw: shapes that do not fit
/// are the caller's mistake and stop the program with the operation's name and both shapes.
public struct Tensor<Scalar: TensorScalar>: Sendable {
  /// The extents, outermost first.
  public let shape: Shape
  package private(set) var storage: TensorStorage<Scalar>
  private var offset: Int

  private init(shape: Shape, storage: TensorStorage<Scalar>, offset: Int) {
    (self.shape, self.storage, self.offset) = (shape, storage, offset)
  }

  /// A tensor whose elements `initialize` writes, all of them.
  package init(shape: Shape, initializing: (UnsafeMutablePointer<Scalar>) throws -> Void) rethrows {
    self.init(shape: shape, storage: TensorStorage(capacity: max(shape.count, 1)), offset: 0)
    try initializing(storage.pointer)
  }

  /// A tensor with these elements in row-major order.
  ///
  /// - Precondition: There are as many as `shape` holds.
  public init(_ scalars: [Scalar], shape: Shape) {
    require(
      scalars.count == shape.count, "Tensor: \(scalars.count) scalars for the shape \(shape)")
    self.init(shape: shape) { destination in
      scalars.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        destination.update(from: base, count: source.count)
      }
    }
  }

  /// A tensor whose elements are all `value`.
  public init(repeating value: Scalar, shape: Shape) {
    self.init(shape: shape) { $0.update(repeating: value, count: shape.count) }
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: Shape) -> Tensor {
    Tensor(shape: shape) { $0.zero(shape.count) }
  }

  /// The elements in row-major order, copied.
  public var scalars: [Scalar] {
    withUnsafePointer { Array(UnsafeBufferPointer(start: $0, count: shape.count)) }
  }

  /// The number of elements.
  public var count: Int { shape.count }

  /// The only element.
  ///
  /// - Precondition: There is one.
  public var item: Scalar {
    require(count == 1, "item: the shape \(shape) has \(count) elements, expected 1")
    return withUnsafePointer { $0[0] }
  }

  /// Calls `body` with the address of the first element.
  package func withUnsafePointer<R>(_ body: (UnsafePointer<Scalar>) throws -> R) rethrows -> R {
    try withExtendedLifetime(storage) { try body(UnsafePointer(storage.pointer + offset)) }
  }

  /// Calls `body` with the address of the first element, for writing; copies shared storage first.
  package mutating func withUnsafeMutablePointer<R>(
    _ body: (UnsafeMutablePointer<Scalar>) throws -> R
  ) rethrows -> R {
    if !isKnownUniquelyReferenced(&storage) { self = copy() }
    return try withExtendedLifetime(storage) { try body(storage.pointer + offset) }
  }

  private func copy() -> Tensor {
    Tensor(shape: shape) { destination in
      withUnsafePointer { destination.update(from: $0, count: shape.count) }
    }
  }

  /// The same elements under another shape, sharing memory.
  ///
  /// - Precondition: Both shapes have the same number of elements.
  public func reshaped(_ shape: Shape) -> Tensor {
    require(
      shape.count == self.shape.count, "reshaped: \(self.shape) has no room for \(shape)")
    return Tensor(shape: shape, storage: storage, offset: offset)
  }

  /// Rows `range` of the outermost dimension, sharing memory.
  public func rows(_ range: Range<Int>) -> Tensor {
    require(
      shape.rank >= 1 && range.lowerBound >= 0 && range.upperBound <= shape[0],
      "rows: \(range) of \(shape)")
    let stride = shape.extents.dropFirst().reduce(1, *)
    return Tensor(
      shape: Shape([range.count] + shape.extents.dropFirst()), storage: storage,
      offset: offset + range.lowerBound * stride)
  }
}

extension Tensor: Equatable {
  /// Whether shapes and elements are the same; NaN differs from NaN.
  public static func == (lhs: Tensor, rhs: Tensor) -> Bool {
    lhs.shape == rhs.shape && lhs.scalars == rhs.scalars
  }
}

extension UnsafeMutablePointer where Pointee: TensorScalar {
  /// Writes zeros, which all bits clear are; in generic code many times faster than
  /// `update(repeating:count:)`, which goes element by element there.
  package func zero(_ count: Int) {
    let bytes = count * MemoryLayout<Pointee>.stride
    UnsafeMutableRawPointer(self).initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  }
}
