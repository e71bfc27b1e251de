/// Requests that wait: clients take turns, and each client's requests keep their order.
struct FairQueue<Element> {
  private var queues: [String: [Element]] = [:]
  /// Clients with something in the queue, the next one first.
  private var turns: [String] = []

  /// How many wait.
  private(set) var count = 0

  /// The one whose turn it is.
  var first: Element? { turns.first.flatMap { queues[$0]?.first } }

  mutating func append(_ element: Element, client: String) {
    if queues[client] == nil { turns.append(client) }
    queues[client, default: []].append(element)
    count += 1
  }

  /// Takes the one whose turn it is; its client is the last in turn then.
  mutating func popFirst() -> Element? {
    guard let client = turns.first, var queue = queues[client] else { return nil }
    turns.removeFirst()
    let element = queue.removeFirst()
    if queue.isEmpty {
      queues[client] = nil
    } else {
      queues[client] = queue
      turns.append(client)
    }
    count -= 1
    return element
  }

  /// Takes out all that `isUnwanted`.
  mutating func removeAll(where isUnwanted: (Element) -> Bool) -> [Element] {
    var removed: [Element] = []
    for client in turns {
      guard let queue = queues[client] else { continue }
      let kept = queue.filter { !isUnwanted($0) }
      removed += queue.filter(isUnwanted)
      queues[client] = kept.isEmpty ? nil : kept
    }
    turns.removeAll { queues[$0] == nil }
    count -= removed.count
    return removed
  }
}
