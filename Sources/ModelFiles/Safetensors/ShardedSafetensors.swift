import Foundation
import SafeIO

/// The weights of a Hugging Face directory: `model.safetensors`, or the shards of
/// `model.safetensors.index.json`.
package final class ShardedSafetensors: TensorSource {
  package let tensors: [StoredTensor]
  package let path: String
  /// The metadata of the first file.
  package let metadata: [String: String]
  package let warnings: [String]
  /// The files, in the order of their names.
  package let files: [SafetensorsFile]
  /// Which tensor, and in which of `files` it is.
  private let places: [String: (tensor: Int, file: Int)]

  private static let single = "model.safetensors"
  private static let index = "model.safetensors.index.json"
  private static let shardLimit = 512

  package init(directory path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0 else { throw IOFailure(path, .notFound, failureClass: .model) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw IOFailure(path, .notDirectory, failureClass: .model)
    }
    if access("\(path)/\(Self.single)", F_OK) == 0 {
      files = [try SafetensorsFile(path: "\(path)/\(Self.single)")]
    } else if access("\(path)/\(Self.index)", F_OK) == 0 {
      files = try Self.openShards(of: path)
    } else {
      let pickles = ["pytorch_model.bin", "pytorch_model.bin.index.json", "consolidated.00.pth"]
      throw ModelFileError(
        path, .noWeights(pickle: pickles.first { access("\(path)/\($0)", F_OK) == 0 }))
    }
    self.path = path
    metadata = files.first?.metadata ?? [:]
    warnings = files.flatMap(\.warnings)
    var tensors: [StoredTensor] = []
    var places: [String: (Int, Int)] = [:]
    for (number, file) in files.enumerated() {
      for tensor in file.tensors {
        guard places.updateValue((tensors.count, number), forKey: tensor.name) == nil else {
          throw ModelFileError(path, .duplicateTensor(tensor.name))
        }
        tensors.append(tensor)
      }
    }
    self.tensors = tensors
    self.places = places
  }

  package var errorFamily: String { "ST" }

  package func tensor(named name: String) -> StoredTensor? {
    places[name].map { tensors[$0.tensor] }
  }

  package func readRaw(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard let place = places[name] else {
      throw ModelFileError(path, .missingTensors(family: errorFamily, [name]))
    }
    try files[place.file].readRaw(name, rows: rows, into: destination)
  }

  private static func openShards(of directory: String) throws -> [SafetensorsFile] {
    let indexPath = "\(directory)/\(index)"
    func refusal(_ reason: String) -> ModelFileError {
      ModelFileError(indexPath, .shardIndex(reason: reason))
    }
    let json: JSON
    do {
      json = try JSON(parsingFile: indexPath, limits: .init(depth: 16, bytes: 64 << 20))
    } catch let error as JSONError {
      throw refusal("\(error.position): \(error.explanation)")
    }
    guard let map = json["weight_map"]?.object else { throw refusal("'weight_map' is missing") }

    var shards: [String: [String]] = [:]
    for (tensor, value) in map {
      guard let name = value.string else {
        throw refusal("\(value.position): expected a file name, found \(value.typeName)")
      }
      shards[name, default: []].append(tensor)
    }
    guard (1...shardLimit).contains(shards.count) else {
      throw refusal("names \(shards.count) files, expected 1…\(shardLimit)")
    }
    return try shards.sorted { $0.key < $1.key }.map { name, tensors in
      let file = try openShard(name, in: directory, refusal)
      for tensor in tensors where file.tensor(named: tensor) == nil {
        throw refusal(
          "tensor '\(tensor.escapedForMessage())' is not in '\(name.escapedForMessage())'")
      }
      let named = Set(tensors)
      if let extra = file.tensors.first(where: { !named.contains($0.name) }) {
        throw refusal(
          "'\(name.escapedForMessage())' has the tensor '\(extra.name.escapedForMessage())', "
            + "which the index does not place there")
      }
      return file
    }
  }

  /// Opens a shard that is a plain name, and is, links followed, inside the directory.
  private static func openShard(
    _ name: String, in directory: String, _ refusal: (String) -> ModelFileError
  ) throws -> SafetensorsFile {
    guard !name.isEmpty, !name.hasPrefix("."),
      !name.utf8.contains(where: { $0 == 0x2F || $0 == 0 }),
      name.hasSuffix(".safetensors")
    else {
      throw refusal("'\(name.escapedForMessage())' is not the name of a file in this directory")
    }
    let path = "\(directory)/\(name)"
    guard let file = resolved(path) else {
      throw refusal("the shard '\(name.escapedForMessage())' is missing")
    }
    // A download cache keeps the bytes in `blobs`, and links to them from `snapshots/<revision>`.
    let homes = [resolved(directory), resolved("\(directory)/../../blobs")].compactMap(\.self)
    guard homes.contains(where: { file.hasPrefix($0 + "/") }) else {
      throw refusal("'\(name.escapedForMessage())' leads out of the directory")
    }
    return try SafetensorsFile(path: path)
  }

  private static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}
