import Dispatch
import Synchronization

/// Waits on this thread for what is done asynchronously.
enum Blocking {
  private final class Box<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
    let done = DispatchSemaphore(value: 0)
  }

  static func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws
    -> Value
  {
    let box = Box<Value>()
    Task.detached {
      let value: Result<Value, any Error>
      do { value = .success(try await body()) } catch { value = .failure(error) }
      box.result.withLock { $0 = value }
      box.done.signal()
    }
    box.done.wait()
    guard let value = box.result.withLock({ $0 }) else { fatalError("Blocking: no result") }
    return try value.get()
  }
}
