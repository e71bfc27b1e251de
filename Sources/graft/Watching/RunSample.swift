import Foundation
import SafeIO

/// What a model wrote at a step of its training.
struct RunSample: Equatable {
  var step: Int
  var prompt: String
  var text: String
  /// What the row says instead, where the prompt is that of a row.
  var expected: String?

  init(step: Int, prompt: String, text: String, expected: String? = nil) {
    (self.step, self.prompt, self.text, self.expected) = (step, prompt, text, expected)
  }

  /// The sample of a line of `samples.jsonl`; nil if it is none.
  init?(json: JSON) {
    guard let step = json["step"]?.int, let prompt = json["prompt"]?.string,
      let text = json["text"]?.string
    else { return nil }
    self.init(step: step, prompt: prompt, text: text, expected: json["expected"]?.string)
  }

  var json: JSON {
    var object = JSONObject()
    object["step"] = JSON(step)
    object["prompt"] = JSON(prompt)
    object["text"] = JSON(text)
    object["expected"] = expected.map { JSON($0) }
    return JSON(object)
  }

  /// The samples of a run, in the order of their steps; lines that are none are left out.
  static func all(path: String) throws -> [RunSample] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    var result: [RunSample] = []
    try JSONLines.forEach(path: path) { _, bytes in
      if let sample = (try? JSON(parsing: bytes)).flatMap(RunSample.init(json:)) {
        result.append(sample)
      }
    }
    return result
  }

  /// Writes the samples of a run, whole.
  static func write(_ samples: [RunSample], to path: String) throws {
    try AtomicFile.write(to: path) { sink in
      for sample in samples { try sink.write(sample.json.serialized() + "\n") }
    }
  }
}
