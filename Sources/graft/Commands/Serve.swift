import ArgumentParser
import Foundation
import Inference
import Logging
import SafeIO
import Server

/// `graft serve`: the model and its adapters over HTTP, and the page to talk to them.
struct Serve: AsyncParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answers over HTTP with the API that OpenAI's clients speak, and shows a page.",
    discussion: """
      Every adapter below --adapters is a model of the API under its directory's
      name; so is the base, under --name. Answers do not depend on who else is
      being answered. The page is at the address that the first line tells.

      SIGINT and SIGTERM end it in order: what is in work has --grace seconds. A
      second signal ends it at once.

      Examples:
        graft serve --model smollm2
        graft serve --model smollm2 --adapters runs --allow-adapter-admin
        curl http://127.0.0.1:8080/v1/chat/completions \\
          -H "Content-Type: application/json" \\
          -d '{"model": "smollm2", "messages": [{"role": "user", "content": "Hi."}]}'
      """)

  @Option(
    help: ArgumentHelp(
      "A Hugging Face directory, a .gguf file, or a name under ./checkpoints or $GRAFT_HOME.",
      valueName: "model"), completion: .file())
  var model: String

  @Option(
    help: ArgumentHelp(
      "A directory of adapters: those in DIR/NAME, or DIR/NAME/adapter, are loaded as NAME.",
      valueName: "dir"), completion: .directory)
  var adapters: String?

  @Flag(inversion: .prefixedNo, help: "Load all of --adapters before listening.")
  var preload = true

  @Option(help: "The base's name in requests (default: the name of --model).")
  var name: String?

  @Option(help: "The address to listen on; 0.0.0.0 for every one of this computer.")
  var host = "127.0.0.1"

  @Option(help: "The port to listen on, 0 for a free one.")
  var port = 8080

  @Option(help: "How it computes: fast, or exact (f32 throughout, for evaluation).")
  var numerics = ServingNumerics.fast

  @Option(
    help: ArgumentHelp(
      "A file with the keys of clients, one a line; clients send one as bearer token.",
      valueName: "file"), completion: .file())
  var apiKeyFile: String?

  @Option(
    help: ArgumentHelp(
      "A file with the keys that load and unload adapters, one a line.", valueName: "file"),
    completion: .file())
  var adminKeyFile: String?

  @Flag(help: "Let every client load and unload adapters.")
  var allowAdapterAdmin = false

  @Option(
    help: ArgumentHelp(
      "A directory of training runs, whose reports are shown under /runs.", valueName: "dir"),
    completion: .directory)
  var runs: String?

  @Flag(help: "Ignore unknown members of requests, naming them in the header x-ignored-params.")
  var lenient = false

  @OptionGroup var load: ServeLoadOptions
  @OptionGroup var threading: ThreadOptions

  @Flag(help: "Write the log as JSON, one object a line.")
  var logJson = false

  @Flag(name: .shortAndLong, help: "Log no requests.")
  var quiet = false

  @OptionGroup var log: LogOptions

  var logLevel: Logger.Level { log.logLevel?.level ?? (quiet ? .warning : .info) }

  func validate() throws {
    try FlagRule.check("port", port, "from 0 to 65535", (0...65535).contains)
    if allowAdapterAdmin && adminKeyFile != nil {
      throw ValidationError("--allow-adapter-admin and --admin-key-file exclude each other.")
    }
    if adapters == nil && (allowAdapterAdmin || adminKeyFile != nil) {
      throw ValidationError(
        "\(allowAdapterAdmin ? "--allow-adapter-admin" : "--admin-key-file") needs --adapters.")
    }
    if let name, !ServeSettings.isModelName(name) {
      throw ValidationError("--name must be 1 to 128 printable characters without spaces.")
    }
  }

  func run() async throws {
    Interruption.install()
    let start = ContinuousClock.now
    threading.configure()
    let settings = try ServeSettings(self)
    let location = try ModelLocation.resolve(model)
    Log.debug("model: \(location.path.escapedForMessage(limit: 1000))")
    let engine = try IOFailure.refusingModel {
      try ServingEngine(modelPath: location.path, configuration: settings.engine)
    }
    let server = try GraftServer(
      engine: engine, configuration: settings.server,
      logger: ServeLog.logger(level: logLevel, asJSON: logJson))
    var names: [String] = []
    if adapters != nil && preload {
      names = server.loadAdapters { name, error in
        Log.warning("adapter \(name) is left out: \(FailureReport(error).message)")
      }
    }
    warnIfOpen(settings.server)
    try await listen(server, settings, start, names)
    engine.shutDown()
  }

  private func listen(
    _ server: GraftServer, _ settings: ServeSettings, _ start: ContinuousClock.Instant,
    _ names: [String]
  ) async throws {
    let (host, model) = (host.contains(":") ? "[\(host)]" : host, settings.server.modelName)
    do {
      try await server.run(until: { Interruption.isRequested }) { port in
        let seconds = Quantity.duration((ContinuousClock.now - start).seconds)
        try? StandardOutput.line(
          "http://\(host):\(port)/ answers as \(model), with \(names.count) \(names.count == 1 ? "adapter" : "adapters"), after "
            + "\(seconds)")
      }
    } catch {
      guard !Interruption.isRequested else { return }
      throw ServeError.cannotListen(
        host: host, port: port, reason: String(describing: error).escapedForMessage())
    }
  }

  private func warnIfOpen(_ configuration: ServerConfiguration) {
    guard configuration.keys.isEmpty, !["127.0.0.1", "localhost", "::1"].contains(host) else {
      return
    }
    Log.warning(
      "anyone who reaches \(host.escapedForMessage()) may ask: there is no --api-key-file")
  }
}

/// Why a server cannot begin.
enum ServeError: UserFacingError {
  /// The system does not let it listen there.
  case cannotListen(host: String, port: Int, reason: String)
  /// A file of keys that has none, or one that cannot be sent.
  case keys(path: String, problem: String)

  var failureClass: FailureClass {
    switch self {
    case .cannotListen: .io
    case .keys: .usage
    }
  }

  var code: String {
    switch self {
    case .cannotListen: "SERVE.LISTEN"
    case .keys: "SERVE.KEYS"
    }
  }

  var description: String {
    switch self {
    case .cannotListen(let host, let port, let reason):
      "cannot listen on \(host):\(port): \(reason)"
    case .keys(let path, let problem): "\(path.escapedForMessage()): \(problem)"
    }
  }

  var hint: String? {
    switch self {
    case .cannotListen: "Choose another --port, or end the program that has this one."
    case .keys: "Write one key a line, 16 to 512 letters, digits or signs without spaces."
    }
  }
}
