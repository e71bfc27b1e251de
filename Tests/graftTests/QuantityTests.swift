import Testing
import graft

@Suite struct QuantityTests {
  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000"),
    (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func countsAreGrouped(value: Int, text: String) {
    #expect(Quantity.count(value) == text)
  }

  @Test(arguments: [
    (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1_048_575, "1.0 MiB"),
    (3 << 30, "3.0 GiB"), (Int.min, "-8.0 EiB"),
  ])
  func bytesUseBinaryUnits(value: Int, text: String) {
    #expect(Quantity.bytes(value) == text)
  }

  @Test(arguments: [
    (0.85, "0.85 s"), (12.34, "12.3 s"), (59.97, "1 min 00 s"), (185, "3 min 05 s"),
    (3599.6, "1 h 00 min"), (7440, "2 h 04 min"), (.nan, "–"), (.infinity, "–"), (-1, "–"),
  ])
  func durationsKeepTheTwoLargestUnits(seconds: Double, text: String) {
    #expect(Quantity.duration(seconds) == text)
  }

  @Test(arguments: [
    (131.4, "131 tokens/s"), (2.34, "2.3 tokens/s"), (12_345.6, "12,346 tokens/s"),
    (.infinity, "– tokens/s"),
  ])
  func ratesNameTheirUnit(perSecond: Double, text: String) {
    #expect(Quantity.rate(perSecond, of: "tokens") == text)
  }
}

@Suite struct ProgressLineTests {
  /// A terminal of tmux keeps what `ESC [ J` takes from its first row on; what has scrolled away stays anyway.
  @Test func linesAreTakenBackRowByRow() {
    let row = "\u{1B}[2K"

    #expect(ProgressLine.erasing([], width: 80) == "")
    #expect(ProgressLine.erasing([30], width: 80) == "\r\(row)")
    // Of two lines, the first was broken into three rows by a narrower terminal.
    #expect(
      ProgressLine.erasing([100, 20], width: 40)
        == "\r\(row)" + String(repeating: "\u{1B}[1A\(row)", count: 3))
    #expect(ProgressLine.erasing([0, 0], width: 0) == "\r\(row)\u{1B}[1A\(row)")
  }

  @Test func noMoreIsShownThanCanBeTakenBack() {
    let lines = (0..<5).map { "line \($0) " + String(repeating: "x", count: 100) }

    let low = ProgressLine.fitting(lines, 50, 3)

    #expect(low.map { $0.prefix(6) } == ["line 0", "line 1", "line 2"])
    // An echoed ^C does not break the last line.
    #expect(low.allSatisfy { $0.count + 2 < 50 })
    #expect(ProgressLine.fitting(lines, 50, 24).count == 5)
    #expect(ProgressLine.fitting(lines, 0, 0) == ["line 0 xxx"])
  }

  @Test func lineShowsShareAndTheTimeThatIsLeft() {
    let text = ProgressLine.text(
      label: "step", completed: 25, total: 100, detail: "loss 1.234", elapsed: 50)

    // 25 steps took 50 s, so 75 steps take 150 s.
    #expect(text == "step 25/100 (25 %)  loss 1.234  ETA 2 min 30 s")
  }

  @Test func lineWithoutATotalShowsTheTimeThatHasPassed() {
    let text = ProgressLine.text(
      label: "rows", completed: 1200, total: nil, detail: "", elapsed: 12)

    #expect(text == "rows 1,200  12.0 s")
  }
}
