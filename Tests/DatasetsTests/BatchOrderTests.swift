import Datasets
import Testing

@Suite struct BatchOrderTests {
  // The published test vector of splitmix64.c for seed 1234567.
  @Test func theGeneratorIsSplitMix64() {
    var generator = SplitMix64(seed: 1_234_567)

    let numbers = (0..<5).map { _ in generator.next() }

    #expect(
      numbers == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  // The same algorithm in twenty lines of Python.
  @Test func theOrderDependsOnSeedAndEpochAlone() {
    let order = BatchOrder(rowCount: 10, batchSize: 4, seed: 42)

    #expect(order.rows(ofEpoch: 0) == [8, 2, 6, 3, 4, 0, 9, 5, 1, 7])
    #expect(order.rows(ofEpoch: 1) == [9, 7, 3, 1, 8, 2, 5, 0, 6, 4])
  }

  @Test func theLastBatchIsSmallerAndKept() {
    let order = BatchOrder(rowCount: 10, batchSize: 4, seed: nil)

    #expect(order.batchesPerEpoch == 3)
    #expect(order.batches(ofEpoch: 5) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
  }

  @Test func anyBatchCanBeAskedForByNumber() {
    let order = BatchOrder(rowCount: 10, batchSize: 4, seed: 1)
    let inTurn = order.batches(ofEpoch: 0) + order.batches(ofEpoch: 1)

    #expect((0..<6).map { order.batch($0) } == inTurn)
  }

  @Test(arguments: [1, 2, 7, 1000]) func everyRowIsVisitedOnceAnEpoch(_ count: Int) {
    let order = BatchOrder(rowCount: count, batchSize: 3, seed: 9)

    #expect(order.batches(ofEpoch: 3).flatMap { $0 }.sorted() == Array(0..<count))
  }

  // 24 orders of four rows, 250 expected of each; the chi-squared limit for 23 degrees of freedom at
  // p = 0.001 is 49.7.
  @Test func ordersAreEquallyLikely() {
    var counts: [[Int]: Int] = [:]
    for epoch in 0..<6000 {
      counts[BatchOrder(rowCount: 4, batchSize: 4, seed: 5).rows(ofEpoch: epoch), default: 0] += 1
    }

    let chiSquared = counts.values.reduce(0) { $0 + Double(($1 - 250) * ($1 - 250)) / 250 }

    #expect(counts.count == 24)
    #expect(chiSquared < 49.7)
  }
}

@Suite struct GroupedBatchOrderTests {
  /// Lengths from 1 to 400, with repetitions.
  private let lengths = (0..<1003).map { 1 + ($0 * 7919) % 400 }

  private var order: BatchOrder {
    BatchOrder(rowCount: lengths.count, batchSize: 8, seed: 3, lengths: lengths)
  }

  /// The tokens that padding each batch to its longest row would add.
  private func waste(_ order: BatchOrder) -> Int {
    order.batches(ofEpoch: 0).reduce(0) { sum, batch in
      let longest = batch.map { lengths[$0] }.max() ?? 0
      return sum + batch.reduce(0) { $0 + longest - lengths[$1] }
    }
  }

  @Test func rowsOfABatchAreOfLikeLength() {
    let mixed = BatchOrder(rowCount: lengths.count, batchSize: 8, seed: 3)

    #expect(waste(order) * 10 < waste(mixed))
  }

  @Test func everyRowIsVisitedOnceAnEpochAndTheSmallerBatchIsTheLast() {
    for epoch in 0..<3 {
      let batches = order.batches(ofEpoch: epoch)

      #expect(batches.flatMap { $0 }.sorted() == Array(0..<1003))
      #expect(batches.dropLast().allSatisfy { $0.count == 8 } && batches.last?.count == 3)
    }
  }

  @Test func theOrderIsAFunctionOfSeedAndEpoch() {
    let again = BatchOrder(rowCount: lengths.count, batchSize: 8, seed: 3, lengths: lengths)
    let other = BatchOrder(rowCount: lengths.count, batchSize: 8, seed: 4, lengths: lengths)

    #expect(order.rows(ofEpoch: 2) == again.rows(ofEpoch: 2))
    #expect(order.rows(ofEpoch: 0) != order.rows(ofEpoch: 1))
    #expect(order.rows(ofEpoch: 0) != other.rows(ofEpoch: 0))
    #expect(order.batch(130) == order.batches(ofEpoch: 1)[130 - order.batchesPerEpoch])
  }

  @Test func lengthsDoNotFollowTheOrderOfTheBatches() {
    let firsts = order.batches(ofEpoch: 0).map { lengths[$0[0]] }

    // Sorted batches would fall all the time, as transformers' sampler has them within a group.
    let falls = zip(firsts, firsts.dropFirst()).count { $0 > $1 }
    #expect((30...95).contains(falls))
  }
}
