import Foundation
import SafeIO
import Testing
import Tokenization

enum Support {
  /// A tokenizer whose ids are bytes, so that expectations can be written down.
  ///
  /// 256 is `<|endoftext|>`, 257 `<|im_start|>`, 258 `<|im_end|>`, which ends a turn and pads, as in
  /// SmolLM2. The template is ChatML without SmolLM2's default system message.
  static func tokenizer(template: String? = nil, isForChat: Bool = true) throws -> Tokenizer {
    var vocabulary = JSONObject()
    var next: UInt32 = 256
    for byte in UInt32(0)..<256 {
      let isPrintable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
      let letter = try #require(Unicode.Scalar(isPrintable ? byte : next))
      if !isPrintable { next += 1 }
      vocabulary[String(letter)] = JSON(Int(byte))
    }
    let added: [JSON] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"].enumerated().map {
      [
        "id": JSON(256 + $0.offset), "content": JSON($0.element), "special": true,
        "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
      ]
    }
    let file: JSON = [
      "version": "1.0", "added_tokens": JSON(added), "normalizer": nil,
      "pre_tokenizer": [
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
      ], "post_processor": nil, "decoder": ["type": "ByteLevel"],
      "model": ["type": "BPE", "vocab": JSON(vocabulary), "merges": []],
    ]
    let configuration: JSON = [
      "bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>",
      "chat_template": !isForChat
        ? nil
        : JSON(
          template ?? "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] "
            + "+ '<|im_end|>\n' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"),
    ]
    return try withDirectory { directory in
      try write(file.serialized(), to: "\(directory)/tokenizer.json")
      try write(configuration.serialized(), to: "\(directory)/tokenizer_config.json")
      return try Tokenizer(directory: directory)
    }
  }

  static let turnEnd: Int32 = 258

  static func ids(_ text: String) -> [Int32] { text.utf8.map { Int32($0) } }

  static func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  static func withDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "graft-datasets-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  /// Runs `body` with the path of a file `rows.jsonl` of these bytes.
  static func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result
  {
    try withDirectory { directory in
      let path = "\(directory)/rows.jsonl"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      return try body(path)
    }
  }

  static func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    try withFile(Array(text.utf8), body)
  }

  /// The directory of the package, from where this file stands.
  static let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// Data that stands beside the package on developers' machines and never in CI.
  static var sharedData: String? {
    let path = packageRoot + "/../shared/data"
    let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
    return !isCI && FileManager.default.fileExists(atPath: path) ? path : nil
  }
}
