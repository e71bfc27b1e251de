extension TensorSource {
  /// Throws unless the source has exactly these tensors, all problems of a kind in one error.
  ///
  /// - Parameters:
  ///   - expected: Names and shapes that the configuration implies.
  ///   - ignoring: Says which other tensors may be there without a use.
  /// - Throws: `ModelFileError`: missing tensors first, then shapes, then tensors without a use.
  package func check(
    _ expected: [(name: String, shape: [Int])], ignoring: (String) -> Bool = { _ in false }
  ) throws {
    let missing = expected.filter { tensor(named: $0.name) == nil }.map(\.name)
    guard missing.isEmpty else {
      throw ModelFileError(path, .missingTensors(family: errorFamily, missing))
    }
    let mismatches = expected.compactMap { name, shape -> ShapeMismatch? in
      guard let found = tensor(named: name)?.shape, found != shape else { return nil }
      return ShapeMismatch(name: name, expected: shape, found: found)
    }
    guard mismatches.isEmpty else {
      throw ModelFileError(path, .shapeMismatch(family: errorFamily, mismatches))
    }
    let known = Set(expected.map(\.name))
    let unexpected = tensors.map(\.name).filter { !known.contains($0) && !ignoring($0) }
    guard unexpected.isEmpty else {
      throw ModelFileError(path, .unexpectedTensors(family: errorFamily, unexpected))
    }
  }
}
