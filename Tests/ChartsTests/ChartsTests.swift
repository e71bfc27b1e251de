import Charts
import Foundation
import SafeIO
import Testing

@Suite struct ChartsTests {
  // Python 3.13: zlib.crc32(b"123456789"), zlib.adler32(b"Wikipedia")
  @Test func pngOfTwoPixelsIsTheOneThatZlibReads() throws {
    var image = RasterImage(width: 2, height: 1, color: 0xFF0000)
    image.blend(x: 1, y: 0, color: 0x0000FF, coverage: 1)

    // Python 3.13: Pillow 12 opens these bytes; zlib.decompress(IDAT) == b"\x02\xff\0\0\0\0\xff"
    let hex = image.png.map { String($0, radix: 16) }
    #expect(image.png.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "\(hex)")
    #expect(image.pixels == [255, 0, 0, 0, 0, 255])
  }

  @Test func runsOfEveryLengthComeBackFromZlib() throws {
    // A row of n equal pixels is a run of 3n - 1 zeros or bytes; widths up to 200 pass every length code.
    let python = ["/usr/bin/python3"].first { FileManager.default.fileExists(atPath: $0) }
    guard let python else { return }
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "charts-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for width in [1, 2, 3, 4, 5, 7, 11, 20, 43, 44, 86, 87, 130, 200] {
      var image = RasterImage(width: width, height: 3, color: 0x808080)
      image.blend(x: width / 2, y: 1, color: 0xFF00FF, coverage: 0.5)
      try Data(image.png).write(to: directory.appendingPathComponent("\(width).png"))
      try Data(image.pixels).write(to: directory.appendingPathComponent("\(width).rgb"))
    }
    let script = """
      glob, struct, sys, zlib = map(__import__, ("glob", "struct", "sys", "zlib"))
      for path in glob.glob(sys.argv[1] + "/*.png"):
          data, place, body = open(path, "rb").read(), 8, b""
          while place < len(data):
              size, = struct.unpack(">I", data[place:place + 4])
              chunk = data[place + 4:place + 8 + size]
              assert zlib.crc32(chunk) == struct.unpack(">I", data[place + 8 + size:place + 12 + size])[0]
              if chunk[:4] == b"IHDR": width, height = struct.unpack(">II", chunk[4:12])
              if chunk[:4] == b"IDAT": body += chunk[4:]
              place += 12 + size
          raw, above, pixels = zlib.decompress(body), bytes(3 * width), b""
          for row in range(height):
              line = raw[row * (3 * width + 1):(row + 1) * (3 * width + 1)]
              assert line[0] == 2
              above = bytes((a + b) & 255 for a, b in zip(line[1:], above))
              pixels += above
          assert pixels == open(path[:-3] + "rgb", "rb").read(), path
      print("read", width > 0)
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-c", script, directory.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    process.waitUntilExit()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)

    #expect(process.terminationStatus == 0)
    #expect(output == "read True\n")
  }

  @Test(arguments: [
    (0.0, 10.0, ["0", "5", "10"]), (0.31, 5.43, ["0", "2", "4", "6"]),
    (0, 5e-4, ["0", "2e-4", "4e-4", "6e-4"]), (0, 123_456, ["0", "50k", "100k", "150k"]),
    (2.5, 2.5, ["2.2", "2.4", "2.6", "2.8"]),
  ])
  func ticksAreRoundNumbers(_ low: Double, _ high: Double, _ labels: [String]) {
    let ticks = AxisTicks(from: low, to: high, count: 3, isLoose: true)

    #expect(ticks.labels == labels)
    #expect(ticks.low <= low && ticks.high >= high)
  }

  @Test func anyNumbersMakeAChart() throws {
    let odd: [Double] = [
      .nan, .infinity, -.infinity, 1e308, -1e308, .leastNonzeroMagnitude, 0, 1,
      .greatestFiniteMagnitude,
    ]
    for a in odd {
      for b in odd {
        let points = [ChartPoint(1, a), ChartPoint(2, b), ChartPoint(a, b)]
        let chart = LineChart(
          "odd", [ChartSeries("a", points, style: .faint)],
          marks: [ChartMark(x: a, label: "m", ink: .bad)], width: 120, height: 100)
        #expect(chart.inlineSVG.hasSuffix("</svg>\n"))
        #expect(!chart.inlineSVG.contains("nan") && !chart.inlineSVG.contains("inf"))
        #expect(ChartFigure([chart]).png(scale: 0.5).count > 60)
      }
    }
  }

  @Test func textIsNoMarkup() {
    let hostile = "</svg><script>alert(1)</script>&\"'\u{0}\u{202E}"
    let chart = LineChart(hostile, [ChartSeries(hostile, [ChartPoint(1, 1), ChartPoint(2, 2)])])

    let svg = ChartFigure([chart]).svg

    #expect(!svg.contains("<script") && !svg.contains("\u{0}") && !svg.contains("\u{202E}"))
    #expect(svg.contains("&lt;/svg&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;"))
    #expect(svg.components(separatedBy: "</svg>").count == 2)
  }

  @Test func thinnedLineKeepsItsExtremes() {
    var points = (0..<100_000).map { ChartPoint(Double($0), 1) }
    points[70_001].y = 9
    points[3].y = -4

    let thin = ChartSeries("a", points).thinned(to: 400)

    #expect(thin.points.count <= 400)
    #expect(thin.points.map(\.y).max() == 9 && thin.points.map(\.y).min() == -4)
    #expect(thin.points.first?.x == 0 && thin.points.last?.x == 99_999)
    #expect(zip(thin.points, thin.points.dropFirst()).allSatisfy { $0.x < $1.x })
  }

  // pandas 3: Series([4, 2, 3]).ewm(alpha=0.5).mean()
  @Test func smoothedLineIsTheMeanThatPandasMakes() {
    let points = [4.0, 2, 3].enumerated().map { ChartPoint(Double($0), $1) }

    let smooth = ChartSeries.smoothed(points, by: 0.5).map(\.y)

    #expect(zip(smooth, [4, 8.0 / 3, 20.0 / 7]).allSatisfy { abs($0 - $1) < 1e-12 })
  }
}
