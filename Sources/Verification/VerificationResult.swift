package import SafeIO

/// What came out of one check.
public struct VerificationResult: Sendable, Equatable {
  /// How a check ended.
  public enum Verdict: String, Sendable {
    /// The error is within the limit.
    case proven
    /// It is not.
    case failed
    /// There was nothing that could have failed, such as with an adapter that changes nothing.
    case empty
  }

  /// What was checked.
  public var check: VerificationCheck
  /// The error, in what `VerificationCheck.measure` says; not a number where the computation broke down.
  public var error: Double
  /// How it ended.
  public var verdict: Verdict
  /// What was tried, and what stands out.
  public var note: String
  /// Wall-clock time.
  public var seconds: Double

  /// The largest error that is accepted.
  public var limit: Double { check.limit }

  init(_ check: VerificationCheck, _ measurement: Measurement, seconds: Double) {
    self.check = check
    (error, note, self.seconds) = (measurement.error, measurement.note, seconds)
    // A comparison with NaN is false, and must not pass.
    verdict = !(error <= check.limit) ? .failed : measurement.isEmpty ? .empty : .proven
  }

  package var json: JSON {
    [
      "check": JSON(check.rawValue), "compares": JSON(check.title), "measure": JSON(check.measure),
      "error": error.isFinite ? JSON(error) : .null, "limit": JSON(limit),
      "verdict": JSON(verdict.rawValue), "note": JSON(note), "seconds": JSON(seconds),
    ]
  }
}

/// What a check measured.
struct Measurement {
  var error: Double
  var note: String
  /// Whether nothing could have failed.
  var isEmpty = false
}
