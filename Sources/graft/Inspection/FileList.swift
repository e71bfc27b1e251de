import Foundation
import SafeIO

/// The files of a directory with their sizes and hashes.
struct FileList {
  struct Entry {
    var name: String
    var bytes: Int
    var sha256: String?
  }

  /// In the order of their names.
  let entries: [Entry]

  /// Lists the regular files of a directory that are not hidden.
  ///
  /// Links are followed; directories inside are left out. With `hashing` the files are read.
  init(_ directory: String, hashing: Bool) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    entries = try names.filter { !$0.hasPrefix(".") }.compactMap { name in
      let path = "\(directory)/\(name)"
      guard let file = try? InputFile(path: path) else { return nil }
      return Entry(
        name: name, bytes: file.size, sha256: hashing ? try FileHash.sha256(ofFile: path) : nil)
    }
  }

  /// One file.
  init(file path: String) throws {
    let bytes = try InputFile(path: path).size
    entries = [
      Entry(
        name: (path as NSString).lastPathComponent, bytes: bytes,
        sha256: try FileHash.sha256(ofFile: path))
    ]
  }

  var report: Report {
    var report = Report()
    let isHashed = entries.contains { $0.sha256 != nil }
    var table = TextTable(["file", .number("bytes")] + (isHashed ? ["SHA-256"] : []))
    var list: [JSON] = []
    for entry in entries {
      let cells = [entry.name, Quantity.bytes(entry.bytes)]
      table.add(cells + (isHashed ? [entry.sha256.map { "\($0.prefix(16))…" } ?? ""] : []))
      var object = JSONObject()
      object["name"] = JSON(entry.name)
      object["bytes"] = JSON(entry.bytes)
      object["sha256"] = entry.sha256.map { JSON($0) }
      list.append(JSON(object))
    }
    report.show(table)
    report.set("files", JSON(list))
    return report
  }
}
