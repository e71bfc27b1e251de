import Datasets
import SafeIO
import Testing
import Tokenization

/// Rows with tools, calls and variables, through a template that reads them and through one that does not.
@Suite struct TemplateInputTests {
  private static let template = """
    {% if tools %}{{ '<|im_start|>tools\n' + (tools | tojson) + '<|im_end|>\n' }}{% endif %}\
    {% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}\
    {% if m.content %}{{ m.content }}{% endif %}\
    {% if m.tool_calls %}{% for c in m.tool_calls %}{{ '<call>' + c.function.name }}{% endfor %}\
    {% endif %}{{ '<|im_end|>\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
    """

  private func builder(_ template: String?) throws -> ExampleBuilder {
    ExampleBuilder(tokenizer: try Support.tokenizer(template: template), maxLength: 1000)
  }

  private func row(_ line: String) throws -> LoadedRow {
    try RowReader.row(Array(line.utf8), line: 7, path: "a.jsonl")
  }

  private let call =
    #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","#
    + #""content":null,"tool_calls":[{"type":"function","function":{"name":"f"}}]}],"#
    + #""tools":[{"name":"f"}]}"#

  @Test func toolsAndCallsReachTheTemplate() throws {
    var builder = try builder(Self.template)

    let example = try #require(try builder.example(from: row(call)))

    let shown = try Support.tokenizer().decode(example.ids.map { Int($0) })
    #expect(shown.hasPrefix("<|im_start|>tools\n[{\"name\": \"f\"}]<|im_end|>\n"), "\(shown)")
    #expect(
      example.labels.filter { $0 != Example.ignored }
        == Support.ids("<call>f") + [Support.turnEnd])
    let account = builder.account
    // Everything but "a", the call and the end of its turn is the template's own.
    #expect(account.promptTokens == 1)
    #expect(account.supervisedTokens == 8)
    #expect(account.templateTokens == example.ids.count - 9)
  }

  @Test func whatTheTemplateWouldDropIsRefused() throws {
    var builder = try builder(nil)

    let tools = try #require(throws: RowProblem.self) { try builder.example(from: row(call)) }
    let calls = try #require(throws: RowProblem.self) {
      try builder.example(from: row(call.replacing(#","tools":[{"name":"f"}]"#, with: "")))
    }

    #expect(
      tools.description
        == "a.jsonl:7:1: a row with tools, which the model's chat template does not read, cannot be trained on"
    )
    #expect(calls.description.contains("messages[1].tool_calls, which"), "\(calls)")
    #expect(builder.account.refused == 2)
  }

  @Test func variablesThatNothingReadsAreCounted() throws {
    var builder = try builder(nil)
    let line =
      #"{"messages":[{"role":"user","content":"a","name":"Ann"},"#
      + #"{"role":"assistant","content":"b"}],"chat_template_kwargs":{"enable_thinking":false}}"#

    _ = try builder.example(from: row(line))

    #expect(
      builder.account.ignoredKeys == [
        "chat_template_kwargs.enable_thinking": 1, "messages.name": 1,
      ]
    )
  }

  @Test func preferencesAreRefusedWhereOneAnswerIsLearnt() throws {
    var builder = try builder(nil)
    let pair = try row(#"{"prompt":"a","chosen":"b","rejected":"cd"}"#)
    let judged = try row(#"{"prompt":"a","completion":"b","label":true}"#)

    let problems = [pair, judged].map { loaded in
      #expect(throws: RowProblem.self) { try builder.example(from: loaded) }
    }

    #expect(
      problems[0]?.description == "a.jsonl:7:1: a preference row cannot be trained on")
    #expect(problems[0]?.hint.contains("DPO, ORPO") == true)
    #expect(
      problems[1]?.description
        == "a.jsonl:7:1: a row with a label of good or bad cannot be trained on")
    #expect(builder.account.refused == 2 && builder.account.rows == 2)
  }

  @Test func bothSidesOfAPreferenceAreExamples() throws {
    var builder = try builder(nil)
    var short = ExampleBuilder(tokenizer: try Support.tokenizer(), maxLength: 24)
    let loaded = try row(#"{"prompt":"a","chosen":"b","rejected":"cdef"}"#)

    let sides = try #require(try builder.pair(from: loaded))

    let end = [Support.turnEnd]
    #expect(sides.chosen.labels.filter { $0 >= 0 } == Support.ids("b") + end)
    #expect(sides.rejected.labels.filter { $0 >= 0 } == Support.ids("cdef") + end)
    #expect(builder.account.rows == 1 && builder.account.examples == 1)
    #expect(builder.account.supervisedTokens == 7)
    try builder.account.verify()
    // 23 tokens fit, 26 do not: the two are left out together.
    #expect(try short.pair(from: loaded) == nil)
    #expect(short.account.droppedOverlong == 1 && short.account.droppedTokens == 23 + 26)
    try short.account.verify()
  }
}
