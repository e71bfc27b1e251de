public import Datasets
public import Models
import TensorCore

/// Proves on a model and some rows that what the toolkit promises holds for them.
///
/// Everything is tried on two to four short rows and on copies of the model, which stays as it is. All
/// numbers are f32.
public struct Verifier {
  let subject: Subject
  let procedures: Procedures

  /// What is to be verified.
  ///
  /// - Parameters:
  ///   - bundle: A model as it was loaded.
  ///   - adapterPath: A PEFT directory; nil tries a new adapter of rank 8 around all projections.
  ///   - examples: Rows to try it on; a few short ones are taken.
  /// - Throws: `VerificationError.noRows`, `VerificationError.notPlain`; what loading the adapter throws.
  public init(_ bundle: ModelBundle, adapterPath: String? = nil, examples: [Example]) throws {
    try self.init(
      bundle.model, adapterPath: adapterPath, examples: examples, procedures: Procedures())
  }

  package init(
    _ model: DecoderLM, adapterPath: String? = nil, examples: [Example], procedures: Procedures
  ) throws {
    guard model.isPlain else { throw VerificationError.notPlain }
    subject = Subject(model, adapterPath: adapterPath, rows: try VerificationRows(examples))
    self.procedures = procedures
    // An adapter that does not fit is told before anything is computed.
    _ = try subject.adapted()
  }

  /// How many rows are tried.
  public var rowCount: Int { subject.rows.examples.count }

  /// Carries out checks.
  ///
  /// - Parameters:
  ///   - checks: In this order.
  ///   - isCancelled: Asked between checks; true ends the work.
  ///   - started: Called before each check.
  /// - Returns: One result a check; fewer when the work was ended.
  /// - Throws: What the operations throw, such as `TrainingError.notFinite`.
  public func run(
    _ checks: [VerificationCheck] = VerificationCheck.allCases,
    isCancelled: () -> Bool = { false }, started: (VerificationCheck) -> Void = { _ in }
  ) throws -> [VerificationResult] {
    var results: [VerificationResult] = []
    for check in checks where !isCancelled() {
      started(check)
      let start = ContinuousClock.now
      let measurement = try measure(check)
      let time = ContinuousClock.now - start
      let seconds =
        Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
      results.append(VerificationResult(check, measurement, seconds: seconds))
      // Copies of large models come and go.
      StoragePool.trim()
    }
    return results
  }

  private func measure(_ check: VerificationCheck) throws -> Measurement {
    switch check {
    case .adapterOff: try adapterOff()
    case .merged: try merged()
    case .roundTrip: try roundTrip()
    case .packing: try packing()
    case .cachedDecoding: try cachedDecoding()
    case .batchedDecoding: try batchedDecoding()
    case .accumulation: try accumulation()
    case .gradientReach: try gradientReach()
    case .finiteDifferences: try finiteDifferences()
    case .frozenWeights: try frozenWeights()
    case .threads: try threads()
    case .resume: try resume()
    case .overfit: try overfit()
    }
  }
}
