import Inference
import ModelFiles
import Testing

@Suite struct KeyValuePoolTests {
  private func pool(pages: Int) throws -> KeyValuePool {
    try ServingModel(path: Fixture.path("llama-untied"), numerics: .fast)
      .makeCachePool(tokens: pages * KeyValuePool.pageTokens)
  }

  @Test func pagesComeBackWhenTheLastHolderLetsGo() throws {
    let pool = try pool(pages: 3)
    let sequence = PagedSequence(pool)

    #expect(sequence.reserve(33))
    #expect(pool.freePages == 1)
    #expect(sequence.capacity == 64)
    let other = PagedSequence(pool, sharing: sequence.pages, length: 0)
    sequence.release()
    #expect(pool.freePages == 1)
    other.release()
    #expect(pool.freePages == 3)
  }

  @Test func aReservationThatDoesNotFitChangesNothing() throws {
    let pool = try pool(pages: 2)
    let sequence = PagedSequence(pool)

    #expect(!sequence.reserve(65))
    #expect(sequence.pages.isEmpty && pool.freePages == 2)
    #expect(sequence.reserve(64))
    #expect(pool.freePages == 0)
  }

  @Test func aSharedPageIsCopiedBeforeItIsWritten() throws {
    let pool = try pool(pages: 4)
    let sequence = PagedSequence(pool)
    #expect(sequence.reserve(40))
    let shared = PagedSequence(pool, sharing: sequence.pages, length: 40)

    #expect(shared.pagesNeeded(for: 1) == 1)
    #expect(shared.reserve(1))
    #expect(shared.pages[0] == sequence.pages[0] && shared.pages[1] != sequence.pages[1])
    // A whole page that is shared stays so.
    let whole = PagedSequence(pool, sharing: sequence.pages.prefix(1), length: 32)
    #expect(whole.pagesNeeded(for: 1) == 1)
    #expect(whole.reserve(1))
    #expect(whole.pages[0] == sequence.pages[0])
  }

  @Test func dyingSequencesLetGo() throws {
    let pool = try pool(pages: 2)
    do {
      let sequence = PagedSequence(pool)
      #expect(sequence.reserve(64))
    }

    #expect(pool.freePages == 2)
  }

  @Test func bytesAreThoseOfKeysAndValues() throws {
    let model = try ServingModel(path: Fixture.path("llama-untied"), numerics: .exact)
    let c = model.configuration

    let wide = model.makeCachePool(tokens: 1)

    // A key of 8 numbers and a value of 16, padded, for each head and layer, in whole pages of the system.
    let numbers = c.layerCount * c.keyValueHeadCount * 32 * (8 + 16)
    #expect(wide.pageCount == 1)
    #expect(wide.pageBytes == (numbers * 4 + 4095) / 4096 * 4096)
  }
}
