public import SafeIO

/// Why something is not proven.
public enum VerificationError: UserFacingError, Equatable {
  /// No row has anything to learn.
  case noRows
  /// The model is packed or has an adapter around it already.
  case notPlain
  /// These checks failed.
  case failed([VerificationCheck])

  /// The class of the failure.
  public var failureClass: FailureClass {
    switch self {
    case .noRows: .dataset
    case .notPlain: .model
    case .failed: .proof
    }
  }

  /// The stable short name.
  public var code: String {
    switch self {
    case .noRows: "DATA.NOTHING"
    case .notPlain: "MODEL.NOTPLAIN"
    case .failed: "VERIFY.FAILED"
    }
  }

  /// What happened, with the values.
  public var description: String {
    switch self {
    case .noRows: "no row has a token to learn from"
    case .notPlain: "the model is packed, or has an adapter around it"
    case .failed(let checks):
      "\(checks.count) of the checks failed: \(checks.map(\.rawValue).joined(separator: ", "))"
    }
  }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .noRows: "'graft data check' says what becomes of every row."
    case .notPlain: "Verify a model as it was loaded."
    case .failed:
      "This is a defect of graft or of the machine; please report it with the table above."
    }
  }
}
