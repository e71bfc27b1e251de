import Charts
import SafeIO

/// What a run directory holds for people to look at: `report.html`, `curves.svg` and `curves.png`.
struct RunFiles {
  private let path: String
  private let curves: RunCurves

  init(path given: String) {
    // The same page however the directory is written.
    let path = String(given.reversed().drop { $0 == "/" }.reversed())
    self.path = path.isEmpty ? given : path
    curves = RunCurves(path: "\(self.path)/metrics.jsonl")
  }

  var reportPath: String { "\(path)/report.html" }

  /// Writes all three anew, each whole.
  ///
  /// - Parameters:
  ///   - run: What `run.json` says; nil reads it.
  ///   - samples: What the model wrote; nil reads it.
  /// - Throws: What reading and writing throw.
  func write(run: JSON? = nil, samples: [RunSample]? = nil) throws {
    try curves.update()
    let run = try run ?? JSON(parsingFile: "\(path)/run.json", limits: .init(bytes: 16 << 20))
    let samples = try samples ?? RunSample.all(path: "\(path)/samples.jsonl")
    let page = RunPage(path: path, run: run, curves: curves, samples: samples)
    try AtomicFile.write(Array(page.html.utf8), to: reportPath)
    let figure = ChartFigure(curves.charts)
    try AtomicFile.write(Array(figure.svg.utf8), to: "\(path)/curves.svg")
    try AtomicFile.write(figure.png(), to: "\(path)/curves.png")
  }
}
