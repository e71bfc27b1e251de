import Foundation
import ModelFiles
import Synchronization
import TensorCore

/// The memory of all weights of a model, matrices in huge pages where the system gives them.
///
/// `@unchecked Sendable` is sound because the memory is written only while the model is loaded, each tile by one task.
final class WeightArena: @unchecked Sendable {
  /// Where the matrices begin, once they are packed.
  private(set) var start: UnsafeMutableRawPointer
  /// Bytes of all matrices.
  private(set) var bytes = 0
  private var mapped: (start: UnsafeMutableRawPointer, bytes: Int)?
  private var matrices: [TiledMatrix] = []
  private var vectors: [UnsafeMutablePointer<Float>] = []
  private static let hugePage = 2 << 20
  private let nowhere = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)

  init() { start = nowhere }

  deinit {
    nowhere.deallocate()
    if let mapped { munmap(mapped.start, mapped.bytes) }
    for vector in vectors { vector.deallocate() }
  }

  /// Finds a place for a matrix that `pack` is to read.
  func place(_ tensor: StoredTensor, quantises: Bool, _ source: any TensorSource) throws
    -> TiledMatrix
  {
    guard tensor.type.isReadable else {
      throw ModelFileError(
        source.path,
        .unreadableType(family: source.errorFamily, tensor: tensor.name, tensor.type))
    }
    var matrix = TiledMatrix(tensor, quantises: quantises)
    matrix.offset = bytes
    let (end, overflow) = bytes.addingReportingOverflow((matrix.bytes + 63) / 64 * 64)
    require(!overflow, "WeightArena: \(bytes) bytes and \(tensor.name)")
    bytes = end
    matrices.append(matrix)
    return matrix
  }

  /// Reads a vector as f32.
  func vector(_ name: String, _ source: any TensorSource) throws -> UnsafePointer<Float> {
    let count = try source.required(name).elementCount
    let values = UnsafeMutablePointer<Float>.allocate(capacity: max(count, 1))
    vectors.append(values)
    try source.readFiniteFloats(name, into: UnsafeMutableBufferPointer(start: values, count: count))
    return UnsafePointer(values)
  }

  /// Reads and packs all matrices on all threads of `pool`.
  ///
  /// - Throws: The error of the first matrix, in the order of their places, that cannot be read.
  func pack(from source: any TensorSource, on pool: ThreadPool) throws {
    map()
    var pieces: [(matrix: Int, tiles: Range<Int>)] = []
    for (index, matrix) in matrices.enumerated() {
      let step = max(1, (1 << 18) / max(1, matrix.tileBytes))
      for first in stride(from: 0, to: matrix.tileCount, by: step) {
        pieces.append((index, first..<min(first + step, matrix.tileCount)))
      }
    }
    let failures = Mutex<[Int: any Error]>([:])
    let (matrices, start) = (matrices, start)
    pool.forEach(pieces.count) { index in
      do {
        try matrices[pieces[index].matrix].pack(pieces[index].tiles, from: source, to: start)
      } catch {
        failures.withLock { $0[index] = error }
      }
    }
    if let first = failures.withLock({ $0.min { $0.key < $1.key } }) { throw first.value }
  }

  private func map() {
    let (size, overflow) = bytes.addingReportingOverflow(2 * Self.hugePage)
    guard !overflow,
      let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      mapped != MAP_FAILED
    else { fatalError("Out of memory: no \(bytes) bytes for the weights. Use a smaller model.") }
    self.mapped = (mapped, size)
    let before = (Self.hugePage - Int(bitPattern: mapped) % Self.hugePage) % Self.hugePage
    start = mapped + before
    #if os(Linux)
      // Not past the end: a huge page is taken whole.
      madvise(start, bytes / Self.hugePage * Self.hugePage, Int32(MADV_HUGEPAGE))
    #endif
  }
}
