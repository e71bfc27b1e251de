import SafeIO

/// Tells files that are given for rows by mistake, so that one message says what they are.
enum OtherFile {
  /// How files begin that are no text.
  private static let beginnings: [(bytes: [UInt8], kind: String, advice: String)] = [
    ([0x1F, 0x8B], "compressed with gzip", "Decompress it: gunzip FILE."),
    ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd", "Decompress it: unzstd FILE."),
    (Array("BZh".utf8), "compressed with bzip2", "Decompress it: bunzip2 FILE."),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "compressed with xz", "Decompress it: unxz FILE."),
    ([0x50, 0x4B, 0x03, 0x04], "a zip archive", "Give the .jsonl file in it."),
    (
      Array("PAR1".utf8), "Parquet",
      "Convert it: python3 -c \"import pandas; pandas.read_parquet('FILE').to_json('rows.jsonl', "
        + "orient='records', lines=True)\"."
    ),
    (
      Array("ARROW1".utf8), "an Arrow file",
      "Convert it: datasets.Dataset.from_file('FILE').to_json('rows.jsonl')."
    ),
  ]

  /// What is wrong with a file as a whole; nil for what may be rows.
  static func problem(of path: String) throws -> RowProblem? {
    let file = try InputFile(path: path)
    let start = try file.read(offset: 0, count: min(file.size, 4096))
    func problem(_ kind: String, _ advice: String) -> RowProblem {
      RowProblem(path: path, line: 1, .otherFile(kind: kind, advice: advice))
    }
    for (bytes, kind, advice) in beginnings where start.starts(with: bytes) {
      return problem(kind, advice)
    }
    let text = start.starts(with: [0xEF, 0xBB, 0xBF]) ? start[3...] : start[...]
    let first = text.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    if first == UInt8(ascii: "[") {
      return problem(
        "one JSON array", "Write each element on a line of its own: jq -c '.[]' FILE > rows.jsonl.")
    }
    let name = path.lowercased()
    if name.hasSuffix(".csv") || name.hasSuffix(".tsv"), first != UInt8(ascii: "{") {
      return problem(
        "a table of \(name.suffix(3))",
        "Write each row as one JSON object: python3 -c \"import pandas; pandas.read_csv('FILE')"
          + ".to_json('rows.jsonl', orient='records', lines=True)\".")
    }
    return nil
  }
}
