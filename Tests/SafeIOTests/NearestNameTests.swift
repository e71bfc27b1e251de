import SafeIO
import Testing

@Suite struct NearestNameTests {
  private let names = ["chat", "evaluate", "generate", "inspect", "train"]

  @Test(arguments: [("trian", "train"), ("evalute", "evaluate"), ("Inspct", "inspect")])
  func slipsAreRecognised(typed: String, meant: String) {
    #expect(NearestName.of(typed, among: names) == meant)
  }

  @Test func namesThatAreFarAwayAreNotGuessed() {
    #expect(NearestName.of("serve", among: names) == nil)
    #expect(NearestName.of("", among: names) == nil)
    #expect(NearestName.of("train", among: []) == nil)
  }
}
