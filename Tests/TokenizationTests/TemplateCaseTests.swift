import Foundation
import SafeIO
import Testing
import Tokenization

/// Texts of jinja2 3.1.6 set up as transformers does, by `scripts/fixtures/template_fixtures.py`.
@Suite struct TemplateCaseTests {
  @Test func templatesRenderAsJinjaDoes() throws {
    try check("template-cases.json")
  }

  private func check(_ name: String) throws {
    let root = try Fixture.json(name)
    let cases = try #require(root["cases"]?.array)
    try #require(cases.count > 100)

    for item in cases {
      let name = try #require(item["template"]?.string)
      let source = try #require(root["templates"]?[name]?.string)
      var variables = try #require(item["variables"]?.object)
      let messages = try (variables["messages"]?.array ?? []).map { try ChatMessage($0) }
      let tools = variables["tools"]
      let prompts = variables["add_generation_prompt"]?.bool ?? false
      for key in ["messages", "tools", "documents", "add_generation_prompt"] {
        variables[key] = nil
      }

      let result = Result {
        var template = try ChatTemplate(source)
        template.moment = Date(timeIntervalSince1970: 1_721_995_200)
        return try template.render(
          messages, addingGenerationPrompt: prompts, tools: tools?.isNull ?? true ? nil : tools,
          variables: variables)
      }

      let label: Comment = "\(name): \(source.prefix(120)) \(item["variables"]?.serialized() ?? "")"
      if let text = item["text"]?.string {
        switch result {
        case .success(let rendered): #expect(rendered == text, label)
        case .failure(let error): Issue.record("\(error) in \(label)")
        }
      } else {
        #expect(throws: TemplateError.self, label) { try result.get() }
      }
    }
  }
}
