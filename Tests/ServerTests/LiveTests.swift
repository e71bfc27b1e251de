import Foundation
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
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(60))")
        client.close()
      }

      let client = try RawClient(port: port)
      defer { client.close() }
      client.send(Self.head("\(Self.body.utf8.count)", "Connection: close\r\n") + Self.body)

      #expect(await client.readToEnd().hasPrefix("HTTP/1.1 200"))
    }
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
