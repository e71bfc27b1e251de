import Evaluation
import Testing

@Suite struct MetricsTests {
  @Test func whiteSpaceAtTheEndsDoesNotCount() {
    #expect(ExactMatch.isMatch(" yes\n", "yes"))
    #expect(ExactMatch.isMatch("\t ", ""))
    #expect(!ExactMatch.isMatch("y es", "yes"))
    #expect(!ExactMatch.isMatch("e\u{301}", "\u{E9}"))
  }

  @Test func objectsAreComparedByValue() {
    let reference = #"{"a": 1, "b": [1, 2], "c": {"d": null, "e": "x"}}"#

    #expect(
      JSONMatch.isExactObject(#" {"c":{"e":"\u0078","d":null},"b":[1.0,2],"a":1.0}"#, reference))
    #expect(!JSONMatch.isExactObject(#"{"a":1,"b":[2,1],"c":{"d":null,"e":"x"}}"#, reference))
    #expect(!JSONMatch.isExactObject(#"{"a":1,"b":[1,2],"c":{"d":null}}"#, reference))
    #expect(!JSONMatch.isExactObject(#"{"a":true,"b":[1,2],"c":{"d":null,"e":"x"}}"#, reference))
    #expect(!JSONMatch.isExactObject("[1]", "[1]"))
    #expect(!JSONMatch.isExactObject(reference + "}", reference))
    // The last of two values counts, as for Python's json.loads.
    #expect(JSONMatch.isExactObject(#"{"a":2,"a":1}"#, #"{"a":1}"#))
    // 2^53 + 1 has no Double: it is not 2^53.
    #expect(!JSONMatch.isExactObject(#"{"a":9007199254740993}"#, #"{"a":9007199254740992.0}"#))
  }

  @Test(arguments: [
    ("{}", true), (" [1]\n", true), ("5", true), ("{\"a\":1} ok", false), ("", false),
    ("{'a':1}", false), ("{\"a\":1", false), ("NaN", false), ("{\"a\":1,\"a\":1}", true),
  ])
  func validityIsThatOfTheWholeAnswer(_ answer: String, _ isValid: Bool) {
    #expect(JSONMatch.isValid(answer) == isValid)
  }

  @Test func fieldsAreCountedByPathAndValue() {
    // Reference: i=a, s.x=1, s.y[]=p, s.y[]=q. Found of them: i, s.x and one p of two.
    let row = FieldF1(
      prediction: #"{"i":"a","s":{"y":["p","p"],"x":1.0,"z":{}}}"#,
      reference: #"{"i":"a","s":{"x":1,"y":["q","p"]}}"#)

    #expect(row.matched == 3)
    #expect(row.predicted == 5)
    #expect(row.expected == 4)
    #expect(row.precision == 0.6)
    #expect(row.recall == 0.75)
    #expect(row.f1 == 6.0 / 9)
  }

  @Test func anAnswerThatIsNotAnObjectCostsRecall() {
    var total = FieldF1(prediction: #"{"a":1}"#, reference: #"{"a":1}"#)
    total += FieldF1(prediction: "sorry", reference: #"{"a":1,"b":2}"#)

    #expect(total.precision == 1)
    #expect(total.recall == 1.0 / 3)
    #expect(total.f1 == 0.5)
    #expect(FieldF1().f1 == 1)
  }

  @Test func keysWithDotsAreNotPaths() {
    #expect(FieldF1(prediction: #"{"a.b":1}"#, reference: #"{"a":{"b":1}}"#).matched == 0)
    #expect(FieldF1(prediction: #"{"a[]":1}"#, reference: #"{"a":[1]}"#).matched == 0)
  }

  @Test func eachTopLevelFieldHasItsAccuracy() {
    var accuracy = FieldAccuracy()
    accuracy.add(
      prediction: #"{"intent":"a","slots":{}}"#, reference: #"{"intent":"a","slots":{}}"#)
    accuracy.add(prediction: #"{"intent":"b"}"#, reference: #"{"intent":"a","slots":{"x":1}}"#)
    accuracy.add(prediction: "no", reference: #"{"intent":"a"}"#)
    accuracy.add(prediction: "no", reference: "no object")

    #expect(accuracy.fields == ["intent", "slots"])
    #expect(accuracy["intent"] == .init(correct: 1, total: 3))
    #expect(accuracy["slots"] == .init(correct: 1, total: 2))
    #expect(accuracy["slots"]?.accuracy == 0.5)
    #expect(accuracy["other"] == nil)
  }

  // rouge_score 0.1.2: RougeScorer(["rougeL"], use_stemmer=False).score(reference, prediction)
  @Test(arguments: [
    (
      "the brown dog jumps over a lazy fox", "The quick brown fox jumps over the lazy dog",
      0.5882352941176471
    ),
    (
      "The patient has had a cough for 3 days; no fever.", "Patient denies fever, cough x3 days.",
      0.3529411764705882
    ),
    ("f e d c b a", "a b c d e f", 0.16666666666666666),
    ("cafe au lait", "café au lait", 0.6666666666666666),
    ("refill of bp meds 10mg", "Refill of BP-meds: 10mg", 1.0), ("x", "", 0.0),
  ])
  func rougeLIsThatOfRougeScore(_ prediction: String, _ reference: String, _ expected: Double) {
    #expect(abs(RougeL.f1(prediction, reference) - expected) < 1e-12)
  }

  // Python: math.exp(30/12), 30/(24*math.log(2))
  @Test func lossIsReportedPerTokenAndPerByte() throws {
    var summary = LossSummary(nats: 10, tokens: 4, bytes: 8)
    summary += LossSummary(nats: 20, tokens: 8, bytes: 16)

    #expect(summary.loss == 2.5)
    #expect(abs(try #require(summary.perplexity) - 12.182493960703473) < 1e-12)
    #expect(abs(try #require(summary.bitsPerByte) - 1.8033688011112043) < 1e-12)
    #expect(LossSummary().loss == nil)
    #expect(LossSummary().perplexity == nil)
    #expect(LossSummary().bitsPerByte == nil)
  }
}
