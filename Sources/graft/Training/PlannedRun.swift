import Adapters
import Datasets
import Models
import SafeIO
import Training

/// A plan with its number of steps settled: what a run will take, measured on this computer.
///
/// The number that a budget comes to is chosen once, before the first step, and stands in `run.json` and in every
/// state: a run that goes on does not measure again, and ends with the bits of one that was never stopped.
struct PlannedRun {
  let plan: TrainingPlan
  let trainer: Trainer
  let sampler: RunSampler
  /// nil where the run goes on, and was measured when it began.
  let timing: StepTiming?
  let forecast: RunForecast?
  let firstSamples: [RunSample]?

  /// The share of a budget, counted from the command's begin, that is planned for: what is left pays for what
  /// was measured wrongly, and for the page at the end.
  private static let planned = 0.95
  /// The share of a budget that measuring may take.
  private static let measured = 0.03

  init(
    _ plan: TrainingPlan, stopsAtSpikes: Bool, output: String, restarts: Bool,
    began: ContinuousClock.Instant
  ) throws {
    var plan = plan
    let watching = plan.settings.watching
    sampler = try RunSampler(
      plan.bundle, messages: watching.samplePrompt, examples: plan.sampledExamples,
      isRaw: plan.settings.rawCompletions, maxTokens: watching.sampleTokens)
    func trainer(_ plan: TrainingPlan) throws -> Trainer {
      var configuration = plan.configuration
      configuration.stopsAtSpikes = stopsAtSpikes
      return try plan.trainer(configuration)
    }
    let before = restarts ? nil : Self.begun(output)
    if let before {
      if let budget = watching.budget, before["budget"]?.double == budget.seconds {
        plan.steps = before["steps"]?.int
      }
      self.plan = plan
      self.trainer = try trainer(plan)
      self.trainer.scratchDirectory = output
      (timing, forecast, firstSamples) = (nil, nil, nil)
      // Another budget than that of the run is told of when the identities are compared.
      return
    }
    var first = try trainer(plan)
    let limit = watching.budget.map { min(max($0.seconds * Self.measured, 1), 20) } ?? 3
    // What a budget is too small for is told at once, and not by a run that ends too late.
    func requireTime(for needed: Double = 0) throws {
      guard let budget = watching.budget?.seconds else { return }
      let spent = (ContinuousClock.now - began).seconds
      guard spent + needed > budget else { return }
      throw TrainingError.budget(seconds: budget, spent: spent, needed: needed)
    }
    try requireTime()
    let timing = try first.measureTiming(
      limit: .seconds(limit), deadline: watching.budget.map { began + .seconds($0.seconds) })
    try requireTime(for: timing.secondsPerStep)
    let start = ContinuousClock.now
    let samples = try sampler.samples(step: 0)
    let perSample = (ContinuousClock.now - start).seconds
    let costs = RunCosts(
      timing: timing, saving: .measured(near: output, total: first.stateBytes + plan.productBytes),
      stateBytes: first.stateBytes,
      productBytes: plan.productBytes, secondsPerLook: perSample,
      validates: !plan.validation.isEmpty, evalEvery: plan.settings.evalEvery,
      saveEvery: plan.settings.saveEvery)
    try requireTime(for: costs.seconds(steps: 1))
    if let budget = watching.budget {
      let left = budget.seconds * Self.planned - (ContinuousClock.now - began).seconds
      var steps = costs.steps(within: left)
      if plan.settings.epochs != nil { steps = min(steps, first.stepCount) }
      plan.steps = steps
      first = try trainer(plan)
    }
    (self.plan, self.timing, firstSamples) = (plan, timing, samples)
    // What measuring kept lies elsewhere: it may have been for a dry run, which writes nothing.
    first.prefixCache = nil
    first.scratchDirectory = output
    self.trainer = first
    forecast = try RunForecast(first, plan.memory, costs)
  }

  /// The identity of a run that was begun at `path`.
  private static func begun(_ path: String) -> JSONObject? {
    (try? JSON(parsingFile: "\(path)/run.json", limits: .init(bytes: 16 << 20)))?["identity"]?
      .object
  }

  /// Says on stderr what it will take.
  ///
  /// - Throws: What reading the rows throws.
  func announce() throws {
    try plan.announceCache(of: trainer)
    guard let timing, let forecast else { return }
    Log.info(forecast.text(timing, steps: trainer.stepCount))
  }
}
