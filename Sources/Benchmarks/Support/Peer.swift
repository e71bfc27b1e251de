import ArgumentParser
import Foundation
import SafeIO

/// Where the peers are: Python programs that answer one JSON line with another.
struct PeerOptions: ParsableArguments {
  @Option(
    help: "The Python of a venv with scripts/peer-requirements.txt; without it, no peers run.")
  var peerPython: String?

  @Option(help: "The directory with the peer scripts.")
  var peerScripts = "scripts"

  /// Starts a script, where there is a Python, and waits until it is ready.
  func start(_ script: String, _ arguments: [String]) throws -> Peer? {
    try peerPython.map {
      try Peer(python: $0, script: "\(peerScripts)/\(script)", arguments: arguments)
    }
  }
}

/// Another implementation in a process of its own, which does a piece of work when it is told to.
///
/// It sits idle while we work, and we wait while it does: the two never share the processor.
final class Peer {
  enum Failure: Error, CustomStringConvertible {
    case ended(script: String, asked: String)

    var description: String {
      switch self {
      case .ended(let script, let asked):
        "\(script) ended, or wrote no JSON, when asked '\(asked)'; its messages are above."
      }
    }
  }

  /// What it said when it was ready.
  private(set) var ready: JSON = nil
  private let script: String
  private let process = Process()
  private let toPeer = Pipe()
  private let fromPeer = Pipe()
  private var pending: [UInt8] = []

  init(python: String, script: String, arguments: [String]) throws {
    self.script = script
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [script] + arguments
    process.standardInput = toPeer
    process.standardOutput = fromPeer
    process.environment = ProcessInfo.processInfo.environment.merging([
      "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1", "TRANSFORMERS_VERBOSITY": "error",
      "PYTHONWARNINGS": "ignore",
    ]) { $1 }
    try process.run()
    ready = try line(asked: "to start")
  }

  deinit {
    try? toPeer.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// The answer to `request`.
  func ask(_ request: JSON = [:]) throws -> JSON {
    let text = request.serialized()
    try toPeer.fileHandleForWriting.write(contentsOf: Data((text + "\n").utf8))
    return try line(asked: text)
  }

  /// The number under `key` in the answer to `request`.
  func seconds(_ request: JSON = [:]) throws -> Double {
    guard let seconds = try ask(request)["seconds"]?.double else {
      throw Failure.ended(script: script, asked: request.serialized())
    }
    return seconds
  }

  private func line(asked: String) throws -> JSON {
    while true {
      if let end = pending.firstIndex(of: 0x0A) {
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        guard let json = try? JSON(parsing: line) else {
          throw Failure.ended(script: script, asked: asked)
        }
        return json
      }
      let data = fromPeer.fileHandleForReading.availableData
      if data.isEmpty { throw Failure.ended(script: script, asked: asked) }
      pending += data
    }
  }
}
