public import SafeIO

/// Why a model file, a configuration or an adapter is refused.
public struct ModelFileError: UserFacingError, Equatable {
  /// The file or directory.
  public var path: String
  package var problem: Problem

  package init(_ path: String, _ problem: Problem) {
    self.path = path
    self.problem = problem
  }

  /// The class of the failure.
  public var failureClass: FailureClass { .model }
  /// The stable short name.
  public var code: String { problem.code }
  /// What to do about it.
  public var hint: String? { problem.hint }

  /// What happened, with the values.
  public var description: String {
    "\(path.escapedForMessage(limit: 1000)): \(problem.explanation)"
  }

  package enum Problem: Sendable, Equatable {
    // The GGUF container
    case ggufMagic(found: [UInt8])
    case ggufVersion(UInt32)
    case ggufBigEndian
    case ggufCount(of: String, declared: UInt64, limit: Int)
    case ggufEnd(offset: Int, wanted: Int, available: Int)
    case ggufString(offset: Int, reason: String)
    case ggufKey(offset: Int, reason: String)
    case ggufDuplicate(what: String, name: String, first: Int, second: Int)
    case ggufNesting(key: String)
    case ggufArray(key: String, count: UInt64, available: Int)
    case ggufAlignment(found: String)
    case ggufShape(tensor: String, reason: String)
    case ggufSize(tensor: String, stage: String)
    case ggufType(tensor: String, reason: String)
    case ggufOffset(tensor: String, found: UInt64, expected: Int)
    case ggufTruncated(expected: Int, found: Int)
    case ggufTrailing(expected: Int, found: Int)
    case ggufUnknownTensors([String])
    // GGUF metadata
    case metadataMissing(key: String)
    case metadataType(key: String, expected: String, found: String)
    case metadataUnknown(keys: [String], nearest: String?)
    case architecture(String)
    case hyperparameter(name: String, value: String, rule: String)
    // safetensors
    case headerLength(UInt64, limit: Int)
    case header(JSONError)
    case headerForm(reason: String)
    case duplicateTensor(String)
    case tensorOffsets(tensor: String, begin: Int, end: Int, expected: Int)
    case coverage(expected: Int, found: Int)
    case tensorShape(tensor: String, reason: String)
    case tensorType(tensor: String, found: String)
    case tensorBytes(tensor: String, expected: Int, found: Int)
    case stMetadata(reason: String)
    case stCount(Int, limit: Int)
    case stName(reason: String)
    case shardIndex(reason: String)
    case noWeights(pickle: String?)
    // Any tensor source
    case missingTensors(family: String, [String])
    case unexpectedTensors(family: String, [String])
    case shapeMismatch(family: String, [ShapeMismatch])
    case notFinite(family: String, tensor: String, count: Int, first: Int)
    case unreadableType(family: String, tensor: String, StoredType)
    case rowRange(tensor: String, Range<Int>, rowCount: Int)
    case destination(tensor: String, expected: Int, found: Int)
    // config.json
    case configJSON(JSONError)
    case configMissing(field: String)
    case configType(field: String, expected: String, found: String, at: TextPosition)
    case configValue(field: String, value: String, rule: String)
    case configUnknown(fields: [String], nearest: String?)
    case configUnsupported(field: String, value: String, reason: String)
    // PEFT adapters
    case adapterJSON(JSONError)
    case adapterField(field: String, value: String, rule: String)
    case adapterPattern(field: String, pattern: String, reason: String)
    case adapterUnknown(field: String, nearest: String?)
    case adapterUnsupported(field: String, value: String, reason: String)
    /// A tensor of something that is not built.
    case adapterUnbuilt(tensor: String, what: String)
    case adapterPickle
    case adapterMissing([String])
    case adapterUnexpected([String])
    case adapterNoMatch(expected: Int, prefix: String)
    case adapterShape(module: String, reason: String)
  }
}

/// A tensor whose shape is not the one that the configuration implies.
package struct ShapeMismatch: Sendable, Equatable {
  package var name: String
  package var expected: [Int]
  package var found: [Int]

  package init(name: String, expected: [Int], found: [Int]) {
    self.name = name
    self.expected = expected
    self.found = found
  }
}
