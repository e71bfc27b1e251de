import Foundation
import Inference
import SafeIO
import Server
import Synchronization
import Testing

/// What only a real connection shows.
@Suite struct LiveTests {
  /// Runs a server of the tiny model while `body` asks it.
  private func withServer(
    _ change: (inout ServerConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (Int) async throws -> Void
  ) async throws {
    let server = try TestServer {
      $0.port = 0
      $0.limits.graceSeconds = 2
      change(&$0)
    }
    try await withServer(server, body)
  }

  private func withServer(
    _ server: TestServer, _ body: @escaping @Sendable (Int) async throws -> Void
  ) async throws {
    let stop = Flag()
    // The server takes connections only when it has told its port and been let go.
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { port.finish() }
        try await server.server.run(until: { stop.isSet }) { port.yield($0) }
      }
      group.addTask {
        defer { stop.set() }
        for await port in ports {
          try await body(port)
          break
        }
      }
      try await group.waitForAll()
    }
  }

  private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
  }

  private static func head(_ length: String, _ more: String = "") -> String {
    "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      + "\(more)Content-Length: \(length)\r\n\r\n"
  }

  private static let body = #"{"model": "tiny", "prompt": "abc", "max_tokens": 4}"#

  @Test func aBodyThatDribblesIsGivenUpAtAnAbsoluteTime() async throws {
    try await withServer({ $0.limits.bodySeconds = 0.4 }) { port in
      let client = try RawClient(port: port)
      defer { client.close() }
      client.send(Self.head("1000"))
      for _ in 0..<8 {
        client.send("{")
        try await Task.sleep(for: .milliseconds(100))
      }

      let answer = await client.readToEnd()

      #expect(answer.hasPrefix("HTTP/1.1 408"))
      #expect(answer.contains("did not arrive"))
    }
  }

  @Test func aBodyThatWouldBeTooLargeIsNotAwaited() async throws {
    try await withServer { port in
      let client = try RawClient(port: port)
      defer { client.close() }
      client.send(Self.head("1000000000000"))

      let answer = await client.readToEnd()

      #expect(answer.hasPrefix("HTTP/1.1 413"))
      #expect(answer.contains("invalid_request_error"))
    }
  }

  @Test func rubbishHarmsNobody() async throws {
    try await withServer { port in
      for rubbish in [
        "\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "POST /v1/completions HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 100_000) + "\r\n\r\n",
      ] {
        let client = try RawClient(port: port)
        client.send(rubbish)
        let answer = await client.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(60))")
        #expect(answer.contains(#""type":"invalid_request_error""#), "\(answer.suffix(60))")
        client.close()
      }

      let client = try RawClient(port: port)
      defer { client.close() }
      client.send(Self.head("\(Self.body.utf8.count)", "Connection: close\r\n") + Self.body)

      #expect(await client.readToEnd().hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test(arguments: [
    "X: \(String(repeating: "a", count: 17_000))\r\n",
    (0..<40).map { "X-\($0): \(String(repeating: "b", count: 1000))\r\n" }.joined(),
    (0..<101).map { "X-\($0): c\r\n" }.joined(),
  ])
  func headersThatAreTooLargeAreAnswered(headers: String) async throws {
    try await withServer { port in
      let client = try RawClient(port: port)
      defer { client.close() }
      client.send(Self.head("2", headers) + "{}")

      let answer = await client.readToEnd()

      #expect(answer.hasPrefix("HTTP/1.1 431 Request Header Fields Too Large\r\n"))
      let (head, body) = try #require(answer.split(separator: "\r\n\r\n").pair)
      #expect(head.contains("connection: close") && head.contains("application/json"))
      let error = try #require(try JSON(parsing: Array(body.utf8))["error"])
      #expect(error["code"]?.string == "headers_too_large")
      #expect(error["type"]?.string == "invalid_request_error")
    }
  }

  /// An answer that is being written is not mixed with another: what is wrong is told behind it.
  @Test func aBadRequestBehindAGoodOneIsAnsweredAfterIt() async throws {
    try await withServer { port in
      let client = try RawClient(port: port)
      defer { client.close() }
      let good = Self.head("\(Self.body.utf8.count)") + Self.body
      client.send(
        good + "GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 20_000) + "\r\n\r\n")

      let answer = await client.readToEnd()

      #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer.prefix(60))")
      let parts = answer.components(separatedBy: "HTTP/1.1 431")
      #expect(parts.count == 2 && parts[0].contains(#""finish_reason""#))
      #expect(
        parts.last?.hasSuffix("}}") == true && parts.last?.contains("headers_too_large") == true)
      #expect(!answer.contains("HTTP/1.1 400"))
    }
  }

  /// Many inputs, of which the engine takes each in many small steps.
  @Test(arguments: ["/v1/embeddings", "/v1/score"])
  func whoLeavesIsNotComputedFor(path: String) async throws {
    let server = try TestServer(engine: .init(numerics: .exact, maxBatchTokens: 1)) { $0.port = 0 }
    try await withServer(server) { port in
      let client = try RawClient(port: port)
      client.send(Self.request(path))
      // On a thread of its own: those that tasks run on may be busy with other tests.
      await withCheckedContinuation { done in
        DispatchQueue.global().async {
          for _ in 0..<120_000 where server.engine.statistics.steps < 20 { usleep(500) }
          client.close()
          done.resume()
        }
      }

      // Ended in the middle of an input or between two, and the rest not begun.
      var settled = server.engine.statistics
      repeat {
        settled = server.engine.statistics
        try await Task.sleep(for: .milliseconds(300))
      } while server.engine.statistics.steps > settled.steps
      #expect(settled.steps >= 20 && settled.promptTokens < 250 * 75)
      #expect(server.engine.statistics.running + server.engine.statistics.waiting == 0)
    }
  }

  @Test(arguments: ["/v1/embeddings", "/v1/score"])
  func whatTakesTooLongIsGivenUp(path: String) async throws {
    let server = try TestServer(engine: .init(numerics: .exact, maxBatchTokens: 1)) {
      $0.port = 0
      $0.limits.requestSeconds = 0.1
    }
    try await withServer(server) { port in
      let client = try RawClient(port: port)
      defer { client.close() }
      client.send(Self.request(path, "Connection: close\r\n"))

      let answer = await client.readToEnd()

      #expect(answer.hasPrefix("HTTP/1.1 504"), "\(answer.prefix(80))")
      #expect(answer.contains("within 0.1 seconds"))
      #expect(try await server.idle().promptTokens < 250 * 75)
    }
  }

  /// 250 texts of about 100 tokens.
  private static func request(_ path: String, _ more: String = "") -> String {
    // Of three digits each, so that none begins as another does.
    let texts = (100..<350).map { String(repeating: "\($0)zq#", count: 17) }
    var body: JSON = ["model": "tiny", "input": JSON(texts.map { JSON($0) })]
    if path == "/v1/score" {
      let items = texts.map { text -> JSON in
        ["prompt": JSON(text), "continuations": ["b"]]
      }
      body = ["model": "tiny", "items": JSON(items)]
    }
    let text = body.serialized()
    return "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      + "\(more)Content-Length: \(text.utf8.count)\r\n\r\n" + text
  }

  @Test func namesOfOtherHostsAreNotAnswered() async throws {
    try await withServer { port in
      let client = try RawClient(port: port)
      defer { client.close() }
      client.send("GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")

      #expect(await client.readToEnd().hasPrefix("HTTP/1.1 403"))
    }
  }
}

extension [Substring] {
  /// Both parts, where there are two.
  fileprivate var pair: (Substring, Substring)? { count == 2 ? (self[0], self[1]) : nil }
}
