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

  /// Workers that come late for a job must neither run it again nor disturb the next one.
  @Test(arguments: [2, 4, 16])
  func manyShortJobsInARowEachRunTheirOwnIndices(_ threads: Int) {
    let pool = ThreadPool(threads: threads)
    var wrong = 0
    for job in 1...20_000 {
      let count = 1 + job % 5
      let sum = Atomic<Int>(0)
      pool.forEach(count) { sum.wrappingAdd(job * ($0 + 1), ordering: .relaxed) }
      if sum.load(ordering: .relaxed) != job * count * (count + 1) / 2 { wrong += 1 }
    }
    #expect(wrong == 0)
  }
}
