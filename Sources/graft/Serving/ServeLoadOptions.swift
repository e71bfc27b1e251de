import ArgumentParser
import Inference
import Server

/// How much a server takes on.
struct ServeLoadOptions: ParsableArguments {
  @Option(help: "Answers that are computed at the same time, 1 to 1024.")
  var maxSequences = 64

  @Option(help: "Requests that wait for their turn; one more is refused with 429.")
  var maxQueue = 256

  @Option(
    help: """
      Tokens whose keys and values there is room for, kept beginnings of prompts among them \
      (default: 4 contexts, from 16384 to 32768, in a quarter of the memory).
      """)
  var cacheTokens: Int?

  @Option(help: "Connections that are open at the same time, 1 to 65536.")
  var maxConnections = 256

  @Option(help: "Bytes of a request's body, for example 2M.")
  var maxBody = MemorySize(bytes: 2 << 20)

  @Option(help: "Seconds after which a request is given up.")
  var requestTimeout = 600.0

  @Option(help: "Seconds that requests in work have when the server is told to stop.")
  var grace = 30.0

  @Option(help: "Seconds in which a request's body must have arrived.")
  var bodyTimeout = 30.0

  @Option(help: "Seconds after which a client that does not read its stream is given up.")
  var stallTimeout = 30.0

  func validate() throws {
    try FlagRule.check("max-sequences", maxSequences, "from 1 to 1024", (1...1024).contains)
    try FlagRule.check("max-queue", maxQueue, "from 0 to 100000", (0...100_000).contains)
    try FlagRule.check(
      "cache-tokens", cacheTokens, "from 16 to 268435456", (16...(1 << 28)).contains)
    try FlagRule.check("max-connections", maxConnections, "from 1 to 65536", (1...65536).contains)
    try FlagRule.check(
      "max-body", maxBody.bytes, "from 1024 to 134217728 bytes", (1024...(128 << 20)).contains)
    let seconds = [
      ("request-timeout", requestTimeout), ("body-timeout", bodyTimeout),
      ("stall-timeout", stallTimeout),
    ]
    for (flag, value) in seconds {
      try FlagRule.check(flag, value, "from 0.1 to 86400 seconds", (0.1...86400).contains)
    }
    try FlagRule.check("grace", grace, "from 0 to 3600 seconds", (0...3600).contains)
  }

  /// The limits of the server.
  var limits: ServerLimits {
    var limits = ServerLimits()
    limits.bodyBytes = maxBody.bytes
    limits.connections = maxConnections
    (limits.requestSeconds, limits.graceSeconds) = (requestTimeout, grace)
    (limits.bodySeconds, limits.stallSeconds) = (bodyTimeout, stallTimeout)
    return limits
  }
}
