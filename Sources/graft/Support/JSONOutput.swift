package import SafeIO

/// The one object that a command with `--json` writes to stdout.
package enum JSONOutput {
  /// Writes `object` on one line.
  package static func write(_ object: JSON) throws(OutputFailure) {
    try StandardOutput.line(object.serialized())
  }
}

extension FailureReport {
  /// `{"error": {"code", "message", "hint", "exit_code"}}`.
  var json: JSON {
    let hint: JSON = if let hint { JSON(hint) } else { nil }
    return [
      "error": [
        "code": JSON(code), "message": JSON(message), "hint": hint,
        "exit_code": JSON(Int(exitCode)),
      ]
    ]
  }
}
