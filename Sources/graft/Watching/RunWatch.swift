import SafeIO
import Training

/// What a run writes for people to look at: samples, TensorBoard's events, the page and the pictures.
///
/// Nothing of it decides the run; what was written beyond the state that a run goes on from is cut off.
struct RunWatch {
  private let run: TrainingRun
  private let path: String
  private let files: RunFiles
  private var events: EventFile?
  private var samples: [RunSample] = []
  private var sampledStep = -1
  private var refreshed: ContinuousClock.Instant?
  private var cost = Duration.zero

  init(run: TrainingRun, path: String) {
    (self.run, self.path) = (run, path)
    files = RunFiles(path: path)
  }

  private var samplesPath: String { "\(path)/samples.jsonl" }

  /// Takes up what is there of the steps up to `step`.
  mutating func start(after step: Int) throws {
    samples = try RunSample.all(path: samplesPath).filter { $0.step <= step }
    sampledStep = samples.last?.step ?? -1
    if run.writesEvents {
      events = try EventFile(directory: "\(path)/tensorboard", keepingUpTo: step)
    }
  }

  /// Adds what a step reports to the events.
  func append(_ record: StepRecord) throws {
    var scalars: [(tag: String, value: Double)] = []
    for (key, value) in record.json where !Self.uncharted.contains(key) {
      guard let number = value.double else { continue }
      let tag = key.hasPrefix("valid_") ? "valid/\(key.dropFirst(6))" : "train/\(key)"
      scalars.append((tag, number))
    }
    try events?.append(scalars, step: record.step)
  }

  private static let uncharted: Set = ["step", "tokens", "total_tokens", "seconds"]

  /// Lets the model answer, once a step.
  mutating func sample(_ step: Int, _ line: ProgressLine) throws {
    guard let make = run.samples, sampledStep < step else { return }
    let new = try step == 0 ? run.firstSamples ?? make(0) : make(step)
    sampledStep = step
    guard !new.isEmpty else { return }
    samples += new
    try RunSample.write(samples, to: samplesPath)
    for (index, sample) in new.enumerated() {
      let text = sample.text.escapedForMessage(limit: 200)
      line.note("step \(step): sample \(index + 1): \(text)")
      try events?.append(
        text: "**\(sample.prompt)**\n\n\(sample.text)", tag: "sample/\(index + 1)", step: step)
    }
  }

  /// Writes the page and the pictures anew, unless that would be more than a fiftieth of the time.
  mutating func refreshIfDue(_ run: JSONObject) throws {
    let start = ContinuousClock.now
    if let refreshed, start - refreshed < max(.seconds(1), cost * 50) { return }
    try refresh(run)
    refreshed = .now
    cost = .now - start
  }

  /// Writes the page and the pictures anew.
  func refresh(_ run: JSONObject) throws {
    try files.write(run: JSON(run), samples: samples)
  }
}
