/// One row as token ids, ready to be trained on or evaluated.
public struct Example: Sendable, Equatable {
  /// The label of a position that nothing is asked of.
  public static let ignored: Int32 = -100

  /// Token ids.
  public var ids: [Int32]
  /// What each position should be, predicted from the ids before it.
  ///
  /// `ignored` where nothing is asked. The first always is: nothing stands before it.
  public var labels: [Int32]
  /// Bytes of the text that the labels spell, control tokens left out: what bits per byte
  /// divide by.
  public var targetBytes: Int
  /// What a model is given to write the answer itself: everything up to the last answer.
  public var promptIDs: [Int32]
  /// The last answer as text; nil for rows that have none, such as documents.
  public var answer: String?
  /// 1-based line of the row.
  public var sourceLine: Int

  /// Positions that have a label.
  public var supervisedCount: Int {
    labels.reduce(into: 0) { count, label in count += label == Example.ignored ? 0 : 1 }
  }

  /// An example; the first label is taken for `ignored`.
  public init(
    ids: [Int32], labels: [Int32], targetBytes: Int, promptIDs: [Int32], answer: String?,
    sourceLine: Int
  ) {
    self.ids = ids
    self.labels = labels
    if !labels.isEmpty { self.labels[0] = Example.ignored }
    self.targetBytes = targetBytes
    self.promptIDs = promptIDs
    self.answer = answer
    self.sourceLine = sourceLine
  }
}
