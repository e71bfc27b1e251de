import Foundation
import ModelFiles
import Models
import SafeIO

/// A fixture of `scripts/reference_fixtures.py`: a tiny model and what transformers computes with it.
struct ReferenceModel {
  let path: String
  let json: JSON
  let arrays: SafetensorsFile

  static var folder: String {
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/Models").standardizedFileURL.path()
  }

  init(_ name: String, _ file: String = "reference") throws {
    path = "\(Self.folder)/\(name)"
    json = try JSON(parsing: InputFile.contents(of: "\(path)/\(file).json", maxBytes: 1 << 20))
    arrays = try SafetensorsFile(path: "\(path)/\(file).safetensors")
  }

  /// The documents of `reference.json`.
  func documents() throws -> [(ids: [Int32], labels: [Int32])] {
    let reference = try JSON(
      parsing: InputFile.contents(of: "\(path)/reference.json", maxBytes: 1 << 20))
    return (reference["documents"]?.array ?? []).map { document in
      let numbers = { (key: String) in
        (document[key]?.array ?? []).compactMap { $0.int.map(Int32.init) }
      }
      return (numbers("input_ids"), numbers("labels"))
    }
  }

  func array(_ name: String) throws -> [Float] { try arrays.readFloats(name) }
}
