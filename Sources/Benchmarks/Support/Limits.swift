import CPeaks
import Foundation
import TensorCore

/// What the processor and its memory do at most, measured by loops that do nothing else.
enum Limits {
  private static let iterations = 100_000
  /// Elements that a thread copies or reads at a time.
  private static let grain = 1 << 16

  /// Floating-point operations of one call of `multiplyAdd`.
  static var multiplyAddWork: Double {
    Double(ThreadPool.shared.threadCount) * peak_fma_f32(1) * Double(iterations)
  }

  /// f32 multiply-adds in registers, on all threads.
  static func multiplyAdd() {
    ThreadPool.shared.forEach(ThreadPool.shared.threadCount) { _ in _ = peak_fma_f32(iterations) }
  }

  /// Floating-point operations of one call of `dotBF16`; 0 where the processor has no such products.
  static var dotBF16Work: Double {
    Double(ThreadPool.shared.threadCount) * peak_dot_bf16(1) * Double(iterations)
  }

  /// Products of bf16 in registers, on all threads.
  static func dotBF16() {
    ThreadPool.shared.forEach(ThreadPool.shared.threadCount) { _ in _ = peak_dot_bf16(iterations) }
  }

  /// Reads a buffer on all threads, or on this one.
  static func read(_ buffer: Buffer, onAllThreads: Bool = true) {
    if !onAllThreads { return keep(peak_read(buffer.pointer, buffer.count)) }
    ThreadPool.shared.forEachRange(buffer.count, grain: grain) {
      keep(peak_read(buffer.pointer + $0.lowerBound, $0.count))
    }
  }

  /// Copies a buffer on all threads, or on this one.
  static func copy(_ source: Buffer, to target: Buffer, onAllThreads: Bool = true) {
    let size = MemoryLayout<Float>.stride
    if !onAllThreads {
      memcpy(target.pointer, source.pointer, source.count * size)
      return
    }
    ThreadPool.shared.forEachRange(source.count, grain: grain) {
      memcpy(target.pointer + $0.lowerBound, source.pointer + $0.lowerBound, $0.count * size)
    }
  }

  /// Uses a value, so that what made it is not left out.
  @inline(never)
  private static func keep(_ value: Float) {
    if value == .greatestFiniteMagnitude { print(value) }
  }
}
