import Foundation
import ModelFiles
import SafeIO
import Testing

@Suite struct ShardedSafetensorsTests {
  /// A directory of two shards, `a` in the first and `b` in the second, with this index.
  private func withShards<R>(_ map: [String: String], _ body: (String) throws -> R) throws -> R {
    try withTemporaryDirectory { directory in
      let model = "\(directory)/model"
      try FileManager.default.createDirectory(atPath: model, withIntermediateDirectories: false)
      try SafetensorsWriter.write([("a", [1], .f32([1]))], to: "\(model)/1.safetensors")
      try SafetensorsWriter.write([("b", [1], .f32([2]))], to: "\(model)/2.safetensors")
      try SafetensorsWriter.write([("c", [1], .f32([3]))], to: "\(directory)/out.safetensors")
      var weights = JSONObject()
      for (tensor, file) in map { weights[tensor] = JSON(file) }
      let index: JSON = ["metadata": [:], "weight_map": JSON(weights)]
      try AtomicFile.write(
        Array(index.serialized().utf8), to: "\(model)/model.safetensors.index.json")
      return try body(model)
    }
  }

  @Test func shardsAreOneSource() throws {
    try withShards(["a": "1.safetensors", "b": "2.safetensors"]) { path in
      let source = try ShardedSafetensors(directory: path)

      #expect(source.tensors.map(\.name) == ["a", "b"])
      #expect(try source.readFloats("a") + source.readFloats("b") == [1, 2])
    }
  }

  @Test(arguments: [
    ["a": "../out.safetensors"], ["a": "/etc/passwd"], ["a": "missing.safetensors"],
    ["a": "2.safetensors", "b": "1.safetensors"], ["a": "1.safetensors", "b": "1.safetensors"],
    ["b": ""], ["b": ".."], ["x": "1.safetensors", "a": "1.safetensors"], ["a": "model.bin"], [:],
  ])
  func anIndexThatMisleadsIsRefused(map: [String: String]) throws {
    try withShards(map) { path in
      #expect(code { _ = try ShardedSafetensors(directory: path) } == "ST.INDEX")
    }
  }

  @Test func aShardThatLinksOutOfTheDirectoryIsRefused() throws {
    try withShards(["c": "link.safetensors"]) { path in
      try FileManager.default.createSymbolicLink(
        atPath: "\(path)/link.safetensors", withDestinationPath: "../out.safetensors")

      #expect(code { _ = try ShardedSafetensors(directory: path) } == "ST.INDEX")
    }
  }

  @Test func aDownloadCacheMayLinkToItsBlobs() throws {
    try withTemporaryDirectory { cache in
      let snapshot = "\(cache)/snapshots/abc"
      for directory in [snapshot, "\(cache)/blobs"] {
        try FileManager.default.createDirectory(
          atPath: directory, withIntermediateDirectories: true)
      }
      try SafetensorsWriter.write([("a", [1], .f32([1]))], to: "\(cache)/blobs/0123")
      try FileManager.default.createSymbolicLink(
        atPath: "\(snapshot)/1.safetensors", withDestinationPath: "../../blobs/0123")
      let index = #"{"weight_map":{"a":"1.safetensors"}}"#
      try AtomicFile.write(
        Array(index.utf8), to: "\(snapshot)/model.safetensors.index.json")

      #expect(try ShardedSafetensors(directory: snapshot).readFloats("a") == [1])
    }
  }

  @Test func aDirectoryWithoutSafetensorsSaysWhatItHas() throws {
    try withTemporaryDirectory { directory in
      #expect(code { _ = try ShardedSafetensors(directory: directory) } == "ST.MISSING")
      try AtomicFile.write([0x80], to: "\(directory)/pytorch_model.bin")
      #expect(code { _ = try ShardedSafetensors(directory: directory) } == "ST.PICKLE")
      #expect(code { _ = try ShardedSafetensors(directory: directory + "/no") } == "IO.NOTFOUND")
    }
  }

  @Test func aSingleFileNeedsNoIndex() throws {
    try withTemporaryDirectory { directory in
      try SafetensorsWriter.write(
        [("a", [1], .f32([1]))], metadata: ["k": "v"], to: "\(directory)/model.safetensors")

      let source = try ShardedSafetensors(directory: directory)

      #expect(try source.readFloats("a") == [1])
      #expect(source.metadata == ["k": "v"])
    }
  }
}
