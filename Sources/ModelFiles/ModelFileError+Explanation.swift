import SafeIO

extension ModelFileError.Problem {
  /// One line: what was found, with the values, and what is expected.
  var explanation: String {
    switch self {
    case .ggufMagic(let found):
      "expected the magic 'GGUF', found \(found.isEmpty ? "an empty file" : hexadecimal(found))"
    case .ggufVersion(let version): "GGUF version \(version), supported are 2 and 3"
    case .ggufBigEndian: "big-endian GGUF files are not supported"
    case .ggufCount(let what, let declared, let limit):
      "declares \(declared) \(what), the file can hold at most \(limit)"
    case .ggufEnd(let offset, let wanted, let available):
      "ends inside its header: \(wanted) bytes are needed at byte \(offset), \(available) are left"
    case .ggufString(let offset, let reason): "string at byte \(offset): \(reason)"
    case .ggufKey(let offset, let reason): "key at byte \(offset): \(reason)"
    case .ggufDuplicate(let what, let name, let first, let second):
      "\(what) \(quoted(name)) occurs twice, at bytes \(first) and \(second)"
    case .ggufNesting(let key): "metadata \(quoted(key)) is an array of arrays"
    case .ggufArray(let key, let count, let available):
      "metadata \(quoted(key)) declares \(count) elements, \(available) bytes are left"
    case .ggufAlignment(let found):
      "general.alignment is \(found), expected a power of two in 8…65536 of type u32"
    case .ggufShape(let tensor, let reason): "tensor \(quoted(tensor)): \(reason)"
    case .ggufSize(let tensor, let stage):
      "tensor \(quoted(tensor)): the \(stage) overflow 64 bits"
    case .ggufType(let tensor, let reason): "tensor \(quoted(tensor)): \(reason)"
    case .ggufOffset(let tensor, let found, let expected):
      "tensor \(quoted(tensor)) at \(found), expected \(expected)"
    case .ggufTruncated(let expected, let found):
      "the tensors need \(expected) bytes, the file has \(found)"
    case .ggufTrailing(let expected, let found):
      "the tensors end at byte \(expected), the file has \(found) bytes"
    case .ggufUnknownTensors(let names):
      "tensors that this architecture does not have: \(listed(names))"
    case .metadataMissing(let key): "metadata \(quoted(key)) is missing"
    case .metadataType(let key, let expected, let found):
      "metadata \(quoted(key)): expected \(expected), found \(found)"
    case .metadataUnknown(let keys, _): "unknown metadata: \(listed(keys))"
    case .architecture(let name): "architecture \(quoted(name)) is not one that is run"
    case .hyperparameter(let name, let value, let rule):
      "\(name) is \(value.escapedForMessage()), expected \(rule)"
    case .headerLength(let length, let limit):
      "safetensors header of \(length) bytes, expected 2…\(limit)"
    case .header(let error): "header at byte \(error.position.byteOffset + 8): \(error.explanation)"
    case .headerForm(let reason): "header: \(reason)"
    case .duplicateTensor(let name): "tensor \(quoted(name)) occurs twice"
    case .tensorOffsets(let tensor, let begin, let end, let expected):
      "tensor \(quoted(tensor)) has the bytes \(begin)..<\(end), expected to begin at \(expected)"
    case .coverage(let expected, let found):
      "the tensors need \(expected) bytes after the header, the file has \(found)"
    case .tensorShape(let tensor, let reason): "tensor \(quoted(tensor)): \(reason)"
    case .tensorType(let tensor, let found):
      "tensor \(quoted(tensor)): unknown type \(quoted(found))"
    case .tensorBytes(let tensor, let expected, let found):
      "tensor \(quoted(tensor)): its shape and type need \(expected) bytes, it has \(found)"
    case .stMetadata(let reason): "__metadata__: \(reason)"
    case .stCount(let count, let limit): "\(count) tensors, at most \(limit) are read"
    case .stName(let reason): "tensor name: \(reason)"
    case .shardIndex(let reason): reason
    case .noWeights(let pickle):
      pickle.map { "has only \(quoted($0)), which is a pickle file" }
        ?? "has no safetensors weights"
    case .missingTensors(_, let names): "\(names.count) tensors are missing: \(listed(names))"
    case .unexpectedTensors(_, let names): "\(names.count) tensors have no use: \(listed(names))"
    case .shapeMismatch(_, let mismatches):
      listed(mismatches.map { "\($0.name) is \($0.found), expected \($0.expected)" })
    case .notFinite(_, let tensor, let count, let first):
      "tensor \(quoted(tensor)): \(count) values are not finite, the first at element \(first)"
    case .unreadableType(_, let tensor, let type):
      "tensor \(quoted(tensor)): type \(type) is not supported"
    case .rowRange(let tensor, let rows, let count):
      "tensor \(quoted(tensor)): rows \(rows) are asked for, it has \(count)"
    case .destination(let tensor, let expected, let found):
      "tensor \(quoted(tensor)): room for \(found) elements, expected \(expected)"
    default: configurationExplanation
    }
  }

  private var configurationExplanation: String {
    switch self {
    case .configJSON(let error), .adapterJSON(let error):
      "\(error.position): \(error.explanation)"
    case .configMissing(let field): "'\(field)' is missing"
    case .configType(let field, let expected, let found, let position):
      "\(position): \(quoted(field)): expected \(expected), found \(found)"
    case .configValue(let field, let value, let rule),
      .adapterField(let field, let value, let rule):
      "\(quoted(field)) is \(value.escapedForMessage()), expected \(rule)"
    case .configUnknown(let fields, _): "unknown fields: \(listed(fields))"
    case .configUnsupported(let field, let value, let reason),
      .adapterUnsupported(let field, let value, let reason):
      "\(quoted(field)) is \(value.escapedForMessage()): \(reason)"
    case .adapterPattern(let field, let pattern, let reason):
      "\(quoted(field)) has the pattern \(quoted(pattern)): \(reason)"
    case .adapterUnbuilt(let tensor, let what): "\(quoted(tensor)) is \(what), which is not built"
    case .adapterUnknown(let field, _): "unknown field \(quoted(field))"
    case .adapterPickle: "has only adapter_model.bin, which is a pickle file"
    case .adapterMissing(let names): "\(names.count) tensors are missing: \(listed(names))"
    case .adapterUnexpected(let names):
      "\(names.count) tensors have no module in this model: \(listed(names))"
    case .adapterNoMatch(let expected, let prefix):
      "0 of \(expected) modules match; the tensors begin with \(quoted(prefix))"
    case .adapterShape(let module, let reason): "\(quoted(module)): \(reason)"
    default: code
    }
  }

  private func quoted(_ text: String) -> String { "'\(text.escapedForMessage())'" }

  /// At most 20 names; a model has thousands.
  private func listed(_ names: [String]) -> String {
    let shown = names.prefix(20).map { $0.escapedForMessage() }.joined(separator: ", ")
    return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}
