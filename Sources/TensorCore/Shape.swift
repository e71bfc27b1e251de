/// The extents of a tensor, outermost first; tensors are row-major and contiguous.
public struct Shape: Sendable, Equatable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The extents, outermost first.
  public let extents: [Int]
  /// The number of elements: the product of the extents, 1 for a scalar.
  public let count: Int

  /// A shape with these extents.
  ///
  /// - Precondition: No extent is negative and the product fits an `Int`.
  public init(_ extents: [Int]) {
    var count = 1
    for extent in extents {
      require(extent >= 0, "Shape: negative extent in \(extents)")
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      require(!overflows, "Shape: \(extents) has more elements than an Int can count")
      count = product
    }
    self.extents = extents
    self.count = count
  }

  /// A shape with these extents.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The number of dimensions.
  public var rank: Int { extents.count }

  /// The extent of the innermost dimension, 1 for a scalar.
  public var last: Int { extents.last ?? 1 }

  /// The product of all extents but the innermost: how many rows the tensor has.
  public var rows: Int { rank < 2 ? 1 : extents.dropLast().reduce(1, *) }

  /// The extent of dimension `index`, outermost first.
  public subscript(index: Int) -> Int { extents[index] }

  /// The same shape with another innermost extent.
  package func replacingLast(by extent: Int) -> Shape { Shape(extents.dropLast() + [extent]) }

  /// The extents as text, such as `[2, 3]`.
  public var description: String { "[\(extents.map(String.init).joined(separator: ", "))]" }
}
