import Foundation
import ModelFiles
import Models
import SafeIO
import Tokenization

/// What a model directory or a GGUF file holds, also where this version cannot run it.
struct ModelReport {
  let options: InspectionOptions

  func report(directory path: String) throws -> Report {
    let source = try ShardedSafetensors(directory: path)
    let json = try Self.json("\(path)/config.json")
    var report = Report()
    var summary = Report()
    summary.say("path", path, "path", JSON(path))
    summary.set("kind", "model")
    configuration(&summary, raw: json) {
      let configuration = try TransformerConfiguration(
        parsing: json, path: "\(path)/config.json")
      return (configuration, source)
    }
    let list = TensorList(source.tensors, listsAll: options.tensors)
    parameters(&summary, list)
    for warning in source.warnings { summary.warn(warning) }
    let hash = try ModelBundle.weightsHash(of: .directory(path))
    summary.say("weights SHA-256", hash, "weights_sha256", JSON(hash))
    report.join("Model directory", summary)
    report.join("Tensors", list.report)
    tokenizer(&report) {
      FileManager.default.fileExists(atPath: "\(path)/tokenizer.json")
        ? try Tokenizer(directory: path) : nil
    }
    report.join("Files", try FileList(path, hashing: true).report)
    return report
  }

  func report(gguf path: String) throws -> Report {
    let file = try GGUFFile(path: path)
    var report = Report()
    var summary = Report()
    summary.say("path", path, "path", JSON(path))
    summary.set("kind", "gguf")
    summary.say(
      "container", "GGUF version \(file.version), alignment \(file.alignment)", "version",
      JSON(file.version))
    summary.set("alignment", JSON(file.alignment))
    configuration(&summary, raw: nil) {
      let configuration = try TransformerConfiguration(gguf: file)
      return (configuration, try GGUFModelSource(file, configuration: configuration))
    }
    let list = TensorList(file.tensors, listsAll: options.tensors)
    parameters(&summary, list)
    let files = try FileList(file: path)
    let size = files.entries.first?.bytes ?? 0
    summary.say("size", Quantity.bytes(size), "bytes", JSON(size))
    let hash = files.entries.first?.sha256 ?? ""
    summary.say("weights SHA-256", hash, "weights_sha256", JSON(hash))
    report.join("GGUF file", summary)
    report.add("metadata", "Metadata", MetadataReport(file.metadata).report)
    report.join("Tensors", list.report)
    tokenizer(&report) { try Tokenizer(gguf: file.metadata) }
    return report
  }

  /// The tensors of one safetensors file, or of a directory without `config.json`.
  func report(weights source: any TensorSource, metadata: [String: String], warnings: [String])
    throws -> Report
  {
    var report = Report()
    var summary = Report()
    summary.say("path", source.path, "path", JSON(source.path))
    summary.set("kind", "safetensors")
    var stored = JSONObject()
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      stored[key] = JSON(value)
      summary.say(key.escapedForMessage(limit: 40), String(value.prefix(200)))
    }
    summary.set("metadata", JSON(stored))
    let list = TensorList(source.tensors, listsAll: options.tensors)
    parameters(&summary, list)
    for warning in warnings { summary.warn(warning) }
    report.join("Safetensors", summary)
    report.join("Tensors", list.report)
    return report
  }

  private func parameters(_ report: inout Report, _ list: TensorList) {
    report.say(
      "parameters", Quantity.count(list.parameterCount), "parameters", JSON(list.parameterCount))
  }

  /// Says how the model computes, or why it cannot be run.
  private func configuration(
    _ report: inout Report, raw: JSON?,
    load: () throws -> (TransformerConfiguration, any TensorSource)
  ) {
    do {
      let (configuration, source) = try load()
      ConfigurationReport(configuration).say(in: &report)
      do {
        try DecoderLM.check(source, configuration)
        report.set("runs", true)
      } catch {
        refusal(&report, error)
      }
    } catch {
      report.set("configuration", raw)
      refusal(&report, error)
    }
  }

  private func refusal(_ report: inout Report, _ error: any Error) {
    report.set("runs", false)
    report.warn("this model does not run: \(error)")
  }

  private func tokenizer(_ report: inout Report, _ load: () throws -> Tokenizer?) {
    do {
      guard let tokenizer = try load() else {
        report.set("tokenizer", .null)
        return
      }
      report.add(
        "tokenizer", "Tokenizer",
        TokenizerReport(tokenizer, showsTemplate: options.template).report)
    } catch {
      var part = Report()
      part.warn("the tokenizer cannot be used: \(error)")
      report.add("tokenizer", "Tokenizer", part)
    }
  }

  static func json(_ path: String) throws -> JSON {
    do {
      return try JSON(parsingFile: path, limits: .init(bytes: 4 << 20))
    } catch let error as JSONError {
      throw ModelFileError(path, .configJSON(error))
    }
  }
}
