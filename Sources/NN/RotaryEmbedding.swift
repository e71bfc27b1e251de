package import Autodiff
import Foundation
import TensorCore

/// Rotation angles by position.
///
/// Pair `i` of a head turns by `position · frequency[i]` (Su et al. 2021).
package struct RotaryEmbedding: Sendable {
  /// `[head / 2]`, radians per position.
  package let frequencies: [Float]

  /// The usual frequencies, `theta^(-2i / head)`.
  package init(head: Int, theta: Double) {
    frequencies = (0..<head / 2).map { Float(pow(theta, -2 * Double($0) / Double(head))) }
  }

  /// Frequencies that a scaling rule changed.
  package init(frequencies: [Float]) { self.frequencies = frequencies }

  /// The angles of these positions, `[positions.count, head / 2]`.
  package func angles(at positions: [Int32]) -> RotaryAngles<Float> {
    let half = frequencies.count
    let shape: Shape = [positions.count, half]
    var sines = Tensor<Float>(shape: shape) { _ in }
    let cosines = sines.withUnsafeMutablePointer { sines in
      Tensor<Float>(shape: shape) { cosines in
        ThreadPool.shared.forEachRange(positions.count, grain: 32) { rows in
          for row in rows {
            for (index, frequency) in frequencies.enumerated() {
              let angle = Double(Float(positions[row]) * frequency)
              cosines[row * half + index] = Float(cos(angle))
              sines[row * half + index] = Float(sin(angle))
            }
          }
        }
      }
    }
    return RotaryAngles(cosines: cosines, sines: sines)
  }
}
