import SafeIO

extension IOFailure {
  /// Runs `body`, which opens a model or an adapter.
  ///
  /// - Throws: What `body` throws; a pipe or a device where a file should be is a model that is refused, not
  ///   a failure while reading.
  static func refusingModel<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch var failure as IOFailure {
      switch failure.reason {
      case .notFound, .notRegular, .notDirectory, .tooLarge: failure.failureClass = .model
      case .changed, .outOfRange, .lineTooLong, .wouldLose, .system: break
      }
      throw failure
    }
  }
}
