import Foundation
import SafeIO
import TensorCore

/// Hidden states that frozen blocks made of documents, kept over the epochs as they are: f32, every bit.
///
/// They lie in a scratch file, which the system keeps in whatever memory is left over, or in memory where
/// there is no directory for one. What does not fit is computed again each time.
package final class PrefixCache {
  /// The most bytes that are kept in memory.
  package static let memoryLimit = 1 << 30
  /// The most bytes that are kept in a file; of a disk, at most half of what is free.
  package static let fileLimit = 16 << 30

  /// Bytes that are kept.
  package private(set) var bytes = 0
  /// How many documents were computed, and how many were found.
  package private(set) var misses = 0
  package private(set) var hits = 0

  private let limit: Int
  private let file: ScratchFile?
  private var offsets: [RowDocument.Place: Int] = [:]
  private var tensors: [RowDocument.Place: Tensor<Float>] = [:]
  /// Set when the file could not be written or read: then nothing is kept any more.
  private var isBroken = false

  /// An empty cache.
  ///
  /// - Parameters:
  ///   - directory: Where the scratch file lies; nil, or one that cannot be written, keeps states in memory.
  ///   - limit: The most bytes that are kept; nil for the usual.
  package init(directory: String?, limit: Int? = nil) {
    file = directory.flatMap { try? ScratchFile(directory: $0) }
    let usual =
      file == nil ? Self.memoryLimit : Self.fileLimit(directory ?? ".")
    self.limit = limit ?? usual
  }

  /// The most bytes of a file in `directory`, or where that does not exist yet, on the disk that it will be made on.
  package static func fileLimit(_ directory: String) -> Int {
    var path = URL(filePath: directory).standardizedFileURL
    while path.path() != "/", !FileManager.default.fileExists(atPath: path.path()) {
      path.deleteLastPathComponent()
    }
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path.path())
    let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
    return min(fileLimit, Int(clamping: free / 2))
  }

  /// Writes the states of a document, `shape.count` numbers.
  ///
  /// - Parameters:
  ///   - place: The document.
  ///   - destination: Where they go.
  ///   - shape: Their shape.
  ///   - compute: Makes them where they are not kept.
  func fill(
    _ place: RowDocument.Place, _ destination: UnsafeMutablePointer<Float>, shape: Shape,
    compute: () -> Tensor<Float>
  ) {
    let size = shape.count * MemoryLayout<Float>.stride
    if read(place, UnsafeMutableRawBufferPointer(start: destination, count: size)) {
      hits += 1
      return
    }
    misses += 1
    let states = compute()
    require(states.shape == shape, "PrefixCache: \(states.shape) states, expected \(shape)")
    states.withUnsafePointer { destination.update(from: $0, count: shape.count) }
    keep(place, states, size)
  }

  private func read(_ place: RowDocument.Place, _ buffer: UnsafeMutableRawBufferPointer) -> Bool {
    if let tensor = tensors[place] {
      tensor.withUnsafePointer {
        buffer.copyMemory(from: UnsafeRawBufferPointer(start: $0, count: buffer.count))
      }
      return true
    }
    guard let file, !isBroken, let offset = offsets[place] else { return false }
    if let count = try? file.read(offset: offset, into: buffer), count == buffer.count {
      return true
    }
    isBroken = true
    return false
  }

  private func keep(_ place: RowDocument.Place, _ states: Tensor<Float>, _ size: Int) {
    guard !isBroken, bytes + size <= limit else { return }
    if let file {
      let offset = file.size
      do {
        try states.withUnsafePointer {
          try file.append(UnsafeRawBufferPointer(start: $0, count: size))
        }
      } catch {
        isBroken = true
        return
      }
      offsets[place] = offset
    } else {
      tensors[place] = states
    }
    bytes += size
  }
}
