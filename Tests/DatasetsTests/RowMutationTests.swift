import Datasets
import SafeIO
import TestSupport
import Testing

@Suite struct RowMutationTests {
  @Test func noDamageToARowGetsPastItsReader() throws {
    let lines = [
      #"{"id":"a1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"#
        + #""Hi é \u00e9"},{"role":"assistant","content":"Yes\n","weight":1}]}"#,
      #"{"prompt":"The sky is","completion":" blue","id":7}"#,
      #"{"text":"Once \ud83d\ude00 upon a time","n":[1,2.5e3,null,true]}"#,
      #"{"conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"Yes"}],"system":"B"}"#,
      #"{"instruction":"Add","input":"1","output":"2","history":[["a","b"]]}"#,
      #"{"prompt":"a","chosen":[{"role":"assistant","content":"b"}],"rejected":"c","tools":"[{}]"}"#,
      #"{"input_ids":[5,6,7,255],"labels":[-100,-100,7,255],"attention_mask":[1,1,1,1]}"#,
    ]
    let tokenizer = try Support.tokenizer()

    for line in lines {
      var builder = ExampleBuilder(tokenizer: tokenizer, maxLength: 64, overlong: .truncate)
      let run = MutationRun("row", Mutator(Array(line.utf8)), count: MutationRun.count / 7) {
        bytes in
        do throws(RowProblem) {
          let row = try RowReader.row(bytes, line: 1, path: "a.jsonl")
          _ = try builder.tokenised(row)
        } catch {
          throw DatasetError.rows([error], total: 1)
        }
      }

      #expect(run.foreign.isEmpty, "\(run.foreign)")
      #expect(run.slowest < .seconds(1))
      #expect(run.accepted > 0)
      #expect((run.refused["DATA.JSON"] ?? 0) > 0)
      #expect((run.refused["DATA.UTF8"] ?? 0) > 0)
      #expect((run.refused["DATA.SCHEMA"] ?? 0) > 0)
    }
  }
}
