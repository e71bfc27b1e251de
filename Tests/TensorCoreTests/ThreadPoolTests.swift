import Synchronization
import TensorCore
import TestSupport
import Testing

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 4])
  func everyIndexRunsOnce(_ threads: Int) {
    let pool = ThreadPool(threads: threads)
    for count in [0, 1, 2, 7, 1000] {
      let sum = Atomic<Int>(0)
      pool.forEach(count) { sum.wrappingAdd($0 + 1, ordering: .relaxed) }
      #expect(sum.load(ordering: .relaxed) == count * (count + 1) / 2)
    }
  }

  @Test func jobInsideAJobRuns() {
    let pool = ThreadPool(threads: 2)
    let sum = Atomic<Int>(0)
    pool.forEach(8) { _ in pool.forEach(8) { _ in sum.wrappingAdd(1, ordering: .relaxed) } }
    #expect(sum.load(ordering: .relaxed) == 64)
  }
}
