import Foundation
import ModelFiles
import NN
import SafeIO
import TensorCore
import Tokenization

extension ModelBundle {
  /// The files beside the weights that a Hugging Face directory may have for its tokenizer.
  private static let tokenizerFiles = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja",
    "generation_config.json",
  ]

  /// Writes the model as a Hugging Face directory, whole: `config.json`, `model.safetensors`, and the
  /// tokenizer's files.
  ///
  /// Those of a directory are copied as they are; those of a GGUF file are made from its metadata.
  ///
  /// - Parameters:
  ///   - path: The directory; it must not hold anything that is not written anew.
  ///   - precision: What weights are stored in; bf16 rounds them to nearest even.
  ///   - adding: Writes more files into the directory before it is put in its place.
  /// - Precondition: The model has no adapter, and nothing in it is packed.
  /// - Throws: `IOFailure`.
  public func save(
    to path: String, precision: Precision = .f32,
    adding: (_ temporary: String) throws -> Void = { _ in }
  ) throws {
    require(model.isPlain, "save: the model is packed or adapted, and has not all of its weights")
    let tensors = model.parameters.map { ($0.path, $0.parameter.value) }
    try AtomicDirectory.write(to: path) { temporary in
      var fields = configuration.json().object ?? JSONObject()
      if precision == .bf16 {
        for name in ["dtype", "torch_dtype"] { fields[name] = "bfloat16" }
      }
      try AtomicFile.write(
        Array((JSON(fields).serialized(pretty: true) + "\n").utf8), to: "\(temporary)/config.json")
      let entries = tensors.map {
        SafetensorsWriter.Entry(
          name: $0.0, shape: $0.1.shape.extents, type: precision == .f32 ? .f32 : .bf16)
      }
      try SafetensorsWriter.write(
        entries, metadata: ["format": "pt"], to: "\(temporary)/model.safetensors"
      ) { index, sink in
        let tensor = tensors[index].1
        try tensor.withUnsafePointer { pointer in
          let values = UnsafeBufferPointer(start: pointer, count: tensor.count)
          switch precision {
          case .f32: try sink.write(UnsafeRawBufferPointer(values))
          case .bf16:
            try values.map(HalfPrecision.bfloat16).withUnsafeBytes { try sink.write($0) }
          }
        }
      }
      try saveTokenizer(to: temporary)
      try adding(temporary)
    }
  }

  /// Rounds every weight to what bf16 holds, as saving in bf16 would.
  package func roundWeights() {
    for (_, parameter) in model.parameters {
      let rounded = parameter.value.scalars.map {
        Float(bitPattern: UInt32(HalfPrecision.bfloat16($0)) << 16)
      }
      parameter.value = Tensor(rounded, shape: parameter.value.shape)
    }
  }

  private func saveTokenizer(to path: String) throws {
    switch origin {
    case .directory(let directory):
      for name in Self.tokenizerFiles
      where FileManager.default.fileExists(atPath: "\(directory)/\(name)") {
        try AtomicFile.write(
          InputFile.contents(of: "\(directory)/\(name)", maxBytes: 1 << 30), to: "\(path)/\(name)")
      }
    case .gguf:
      try tokenizer?.save(to: path)
    }
  }
}
