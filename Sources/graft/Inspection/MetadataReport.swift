import ModelFiles
import SafeIO

/// The metadata of a GGUF file: values, and of long arrays the length.
struct MetadataReport {
  private static let longestArray = 16

  private let metadata: GGUFMetadata

  init(_ metadata: GGUFMetadata) { self.metadata = metadata }

  var report: Report {
    var report = Report()
    var table = TextTable(["", ""])
    for key in metadata.keys {
      guard let value = metadata[key] else { continue }
      report.set(key, Self.json(value))
      table.add([key, text(value)])
    }
    report.show(table)
    return report
  }

  private func text(_ value: GGUFValue) -> String {
    switch value {
    case .string(let text):
      text.count > 60 ? "\(text.prefix(50))… (\(Quantity.count(text.utf8.count)) bytes)" : text
    case .float(let number, .f32): "\(Float(number))"
    default: isLong(value) ? value.typeName : Self.json(value).serialized()
    }
  }

  private func isLong(_ value: GGUFValue) -> Bool {
    (value.arrayCount ?? 0) > Self.longestArray
  }

  static func json(_ value: GGUFValue) -> JSON {
    switch value {
    case .unsigned(let number, _): Int(exactly: number).map { JSON($0) } ?? JSON(Double(number))
    case .signed(let number, _): JSON(Int(number))
    case .float(let number, _): JSON(number)
    case .bool(let flag): JSON(flag)
    case .string(let text): JSON(text)
    case .strings(let texts) where texts.count <= longestArray: JSON(texts)
    case .numbers where (value.arrayCount ?? 0) <= longestArray:
      JSON((value.elements ?? []).map(json))
    case .strings, .numbers:
      ["type": JSON(value.typeName), "count": JSON(value.arrayCount ?? 0)]
    }
  }
}
