import SafeIO

/// Tokenised documents in a file, end to end, read piece by piece: a corpus need not fit in memory.
///
/// The file holds the ids as little-endian integers of two or four bytes, then where each document ends
/// (eight bytes each), then a footer of 32 bytes: `GRAFTTOK`, version and width of an id (four bytes each),
/// the number of ids and the number of documents (eight bytes each).
package final class TokenStore: Sendable {
  static let magic = Array("GRAFTTOK".utf8)
  static let version: UInt32 = 1
  static let footerBytes = 32
  /// Why numbers in a footer beyond this are refused: nothing that is added to them overflows.
  private static let largest: UInt64 = 1 << 48

  /// Where each document ends, counted in ids; the first begins at 0.
  package let ends: [Int]
  private let file: InputFile
  private let width: Int

  /// Opens a store.
  ///
  /// - Throws: `IOFailure`; `DatasetError.tokenStore` for what is none, or is not whole.
  package init(path: String) throws {
    file = try InputFile(path: path)
    func broken(_ why: String) -> DatasetError { .tokenStore(path: path, why: why) }
    guard file.size >= Self.footerBytes else { throw broken("it has \(file.size) bytes") }
    let footer = try file.read(
      offset: file.size - Self.footerBytes, count: Self.footerBytes)
    func number<Integer: FixedWidthInteger>(at offset: Int, _ type: Integer.Type) -> Integer {
      footer.withUnsafeBytes {
        Integer(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Integer.self))
      }
    }
    guard footer.starts(with: Self.magic) else { throw broken("it does not end as one") }
    let version = number(at: 8, UInt32.self)
    guard version == Self.version else { throw broken("its version is \(version)") }
    let (ids, documents) = (number(at: 16, UInt64.self), number(at: 24, UInt64.self))
    width = Int(number(at: 12, UInt32.self))
    guard width == 2 || width == 4, ids <= Self.largest, documents <= Self.largest,
      Int(ids) * width + Int(documents) * 8 + Self.footerBytes == file.size
    else { throw broken("its size is not what it says") }
    let bytes = try file.read(offset: Int(ids) * width, count: Int(documents) * 8)
    ends = bytes.withUnsafeBytes { raw in
      (0..<Int(documents)).map {
        Int(
          clamping: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
        )
      }
    }
    // A document has two ids at least: one to read, one to predict.
    guard zip([0] + ends, ends).allSatisfy({ $1 - $0 >= 2 }), ends.last ?? 0 == Int(ids) else {
      throw broken("its documents do not follow one another")
    }
  }

  /// How many ids there are.
  package var tokenCount: Int { ends.last ?? 0 }

  /// The ids in `range`.
  package func ids(_ range: Range<Int>) throws -> [Int32] {
    let bytes = try file.read(offset: range.lowerBound * width, count: range.count * width)
    return bytes.withUnsafeBytes { raw in
      range.indices.map { place in
        let offset = (place - range.lowerBound) * width
        return width == 2
          ? Int32(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
          : Int32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: Int32.self))
      }
    }
  }
}
