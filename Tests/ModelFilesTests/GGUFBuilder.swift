/// Puts GGUF bytes together, right or wrong.
struct GGUFBuilder {
  var magic = "GGUF"
  var version: UInt32 = 3
  var keys: [(name: String, value: Value)] = []
  var tensors: [Tensor] = []
  var declaredTensors: UInt64?
  var declaredKeys: UInt64?
  var alignment = 32

  struct Tensor {
    var name: String
    var dimensions: [UInt64]
    var type: UInt32 = 0
    var offset: UInt64?
    var data: [UInt8]
  }

  struct Value {
    var type: UInt32
    var bytes: [UInt8]

    static func u32(_ value: UInt32) -> Value { Value(type: 4, bytes: little(value)) }
    static func i32(_ value: Int32) -> Value { Value(type: 5, bytes: little(value)) }
    static func f32(_ value: Float) -> Value { Value(type: 6, bytes: little(value.bitPattern)) }
    static func bool(_ value: UInt8) -> Value { Value(type: 7, bytes: [value]) }
    static func string(_ value: String) -> Value { Value(type: 8, bytes: text(value)) }
    static func array(_ type: UInt32, count: UInt64, _ bytes: [UInt8]) -> Value {
      Value(type: 9, bytes: little(type) + little(count) + bytes)
    }
  }

  static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func text(_ value: String) -> [UInt8] {
    little(UInt64(value.utf8.count)) + Array(value.utf8)
  }

  /// A file of one tensor `w` of two rows of 32 F32 values, and whatever `change` makes of it.
  static func file(_ change: (inout GGUFBuilder) -> Void = { _ in }) -> [UInt8] {
    var builder = GGUFBuilder()
    builder.keys = [("general.architecture", .string("llama"))]
    builder.tensors = [
      Tensor(name: "w", dimensions: [32, 2], data: [UInt8](repeating: 0, count: 256))
    ]
    change(&builder)
    return builder.bytes()
  }

  /// A file that the architecture `llama` can be configured from, and what `change` makes of it.
  static func llama(_ change: (inout [String: Value]) -> Void = { _ in }) -> [UInt8] {
    var values: [String: Value] = [
      "general.architecture": .string("llama"), "llama.block_count": .u32(1),
      "llama.context_length": .u32(16), "llama.embedding_length": .u32(32),
      "llama.feed_forward_length": .u32(48), "llama.attention.head_count": .u32(4),
      "llama.attention.head_count_kv": .u32(2), "llama.rope.dimension_count": .u32(8),
      "llama.attention.layer_norm_rms_epsilon": .f32(1e-5), "llama.vocab_size": .u32(2),
    ]
    change(&values)
    return file { builder in
      builder.keys = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
      builder.tensors[0].name = "token_embd.weight"
    }
  }

  func bytes() -> [UInt8] {
    var out = Array(magic.utf8) + Self.little(version)
    out += Self.little(declaredTensors ?? UInt64(tensors.count))
    out += Self.little(declaredKeys ?? UInt64(keys.count))
    for (name, value) in keys { out += Self.text(name) + Self.little(value.type) + value.bytes }
    var running: UInt64 = 0
    for tensor in tensors {
      out += Self.text(tensor.name) + Self.little(UInt32(tensor.dimensions.count))
      for dimension in tensor.dimensions { out += Self.little(dimension) }
      out += Self.little(tensor.type) + Self.little(tensor.offset ?? running)
      running += UInt64((tensor.data.count + alignment - 1) / alignment * alignment)
    }
    for tensor in tensors {
      pad(&out)
      out += tensor.data
    }
    pad(&out)
    return out
  }

  private func pad(_ out: inout [UInt8]) {
    while out.count % alignment != 0 { out.append(0) }
  }
}
