/// What rows are wanted for.
package enum RowPurpose: Sendable {
  /// To learn what is said in them.
  case answers
  /// To learn which of two answers is better.
  case pairs
  /// To be looked at.
  case anything
}

extension ExampleBuilder {
  /// Refuses rows that have another use.
  mutating func requireUse(of loaded: LoadedRow, for purpose: RowPurpose) throws(RowProblem) {
    let feature: String
    let advice: String
    switch (loaded.row, purpose) {
    case (_, .anything), (.preference, .pairs): return
    case (.preference, .answers):
      feature = "a preference row"
      advice =
        "Its answers are for preference training (DPO, ORPO): --loss dpo or orpo; to learn one of them, "
        + "write it as messages."
    case (.unpaired, .answers), (.unpaired, .pairs):
      feature = "a row with a label of good or bad"
      advice =
        "Preference training (DPO, ORPO: --loss dpo or orpo) needs both answers to a prompt in one row, as "
        + "\"prompt\", \"chosen\" and \"rejected\"; to learn a good one, write it as messages."
    case (_, .pairs):
      feature = "a row without a chosen and a rejected answer"
      advice =
        "--loss dpo and orpo learn from rows with \"prompt\", \"chosen\" and \"rejected\"; leave --loss out to "
        + "learn answers."
    case (_, .answers): return
    }
    account.rows += 1
    account.formats[loaded.format, default: 0] += 1
    account.refused += 1
    throw loaded.problem(.unsupported(feature: feature, advice: advice))
  }
}
