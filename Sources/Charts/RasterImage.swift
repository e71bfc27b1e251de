/// Pixels in red, green and blue, row by row from the top.
package struct RasterImage: Sendable {
  package let width: Int
  package let height: Int
  package private(set) var pixels: [UInt8]

  /// An image of one colour, 0xRRGGBB; no side is longer than 16,384 pixels.
  package init(width: Int, height: Int, color: UInt32) {
    self.width = min(max(width, 1), 1 << 14)
    self.height = min(max(height, 1), 1 << 14)
    let one = [UInt8(color >> 16 & 255), UInt8(color >> 8 & 255), UInt8(color & 255)]
    pixels = []
    pixels.reserveCapacity(3 * self.width * self.height)
    for _ in 0..<(self.width * self.height) { pixels.append(contentsOf: one) }
  }

  /// Lays a colour over a pixel; what lies outside is left out.
  package mutating func blend(x: Int, y: Int, color: UInt32, coverage: Double) {
    guard x >= 0, y >= 0, x < width, y < height, coverage > 0 else { return }
    let share = min(coverage, 1)
    let place = 3 * (y * width + x)
    for channel in 0..<3 {
      let new = Double(color >> UInt32(16 - 8 * channel) & 255)
      let old = Double(pixels[place + channel])
      pixels[place + channel] = UInt8(old + (new - old) * share + 0.5)
    }
  }
}
