import ModelFiles
import TestSupport
import Testing

/// What unsloth writes into `target_modules`, shortened.
private let unsloth =
  #"(?:.*?(?:vision|image).*?(?:qkv|proj).*?)|"#
  + #"(?:\bmodel\.layers\.[\d]{1,}\.(?:self_attn|mlp)\.(?:(?:q_proj|up_proj)))"#

@Suite struct ModulePatternTests {
  // CPython 3.11: bool(re.fullmatch(pattern, text))
  @Test(arguments: [
    ("q_proj", "q_proj", true), ("q_proj", "xq_proj", false), ("", "", true), ("", "a", false),
    (#"model\.layers\.\d+\.self_attn\.(q|v)_proj"#, "model.layers.11.self_attn.v_proj", true),
    (#"model\.layers\.\d+\.self_attn\.(q|v)_proj"#, "model.layers.11.self_attn.k_proj", false),
    (#"model\.layers\.[0-1]\..*(?<!x)"#.replacing("(?<!x)", with: ""), "model.layers.1.a", true),
    (#".*\.(?:[0-9]|1[0-2])\.mlp\..*_proj"#, "model.layers.12.mlp.up_proj", true),
    (#".*\.(?:[0-9]|1[0-2])\.mlp\..*_proj"#, "model.layers.13.mlp.up_proj", false),
    ("a{2,3}", "a", false), ("a{2,3}", "aaa", true), ("a{2,3}", "aaaa", false),
    ("a{,2}b", "aab", true), ("a{2}", "aa", true), ("a{2,}", "aaaaa", true), ("a{x}", "a{x}", true),
    ("[^.]+", "a.b", false), ("[^.]+", "ab", true), ("[]a]+", "]a", true), ("[a-]+", "-a", true),
    (#"[\d_]+"#, "1_2", true), (#"\w+\s\S"#, "ab c", true), ("(a*)*b", "aaab", true),
    ("(a|)+b", "ab", true), ("a+?b??", "aa", true), ("^a$", "a", true), ("a^b", "ab", false),
    (#"\bq_proj"#, "q_proj", true), (#"x\bq"#, "xq", false),
    (#".*\bq_proj"#, "layers.q_proj", true),
    ("(?P<n>ab)+", "abab", true), (".", "\n", false), (#"\Aab\Z"#, "ab", true),
    (unsloth, "model.layers.7.mlp.up_proj", true), (unsloth, "model.layers.x.mlp.up_proj", false),
  ])
  func wholePathsMatchAsInPython(_ pattern: String, _ text: String, _ expected: Bool) throws {
    #expect(try ModulePattern(pattern).matches(text) == expected, "\(pattern) on \(text)")
  }

  // CPython 3.11: bool(re.match(rf"(.*\.)?({pattern})$", text))
  @Test(arguments: [
    ("q_proj", "model.layers.0.self_attn.q_proj", true), ("q_proj", "model.xq_proj", false),
    ("model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.q_proj", true),
    ("^layers", "model.layers", false), ("^model.layers", "model.layers", true),
    ("q_proj|v_proj", "model.v_proj", true), (#"0\..*"#, "model.layers.0.mlp.up_proj", true),
    (#"0\..*"#, "model.layers.10.mlp.up_proj", false), ("layers", "model.layers.0", false),
  ])
  func lastPartsMatchAsPEFTLooksThemUp(_ pattern: String, _ text: String, _ expected: Bool) throws {
    #expect(try ModulePattern(pattern).matchesLastParts(of: text) == expected)
  }

  @Test(arguments: [
    "(", ")", "a)", "[a", "*a", "a**", "a{3,2}", "a{5000}", "(?=a)", "(?i)a", #"\1"#, #"\"#,
    #"(?P=n)"#, "[b-a]", "((((a{900}){900}){900}){900})", String(repeating: "(", count: 500),
    String(repeating: "a", count: 5000), "a{99999999999999999999}",
  ])
  func whatIsNotReadIsRefused(_ pattern: String) {
    #expect(throws: ModulePattern.Failure.self) { try ModulePattern(pattern) }
  }

  @Test func aHostilePatternTakesNoTime() throws {
    let pattern = try ModulePattern("(a+)+(a|a)*(.*)*(.*a){50}X")

    let time = CPUTime.measure {
      #expect(!pattern.matches(String(repeating: "a", count: 2000)))
    }

    #expect(time < .seconds(2))
  }
}
