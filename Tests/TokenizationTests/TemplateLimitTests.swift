import SafeIO
import TestSupport
import Testing
import Tokenization

/// Rows T11 to T13 of the catalogue: templates that run away, reach out, or refuse.
@Suite struct TemplateLimitTests {
  private func render(_ source: String) throws -> String {
    let message = ChatMessage(role: "user", content: "hello")
    return try ChatTemplate(source).render([message], addingGenerationPrompt: false)
  }

  @Test(arguments: [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{{ 'a' * 2000000000 }}", "{{ 'ab' * 9223372036854775807 }}",
    "{% for a in range(99999) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaa' }}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set ns = namespace(x='aaaaaaaaaaaaaaaa') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}",
    "{% set ns = namespace(x=['a']) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=['a']) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}",
    "{% set ns = namespace(x=['a']) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x == ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{{ range(999999999) }}", "{{ 'a'|indent(1000000) }}",
    "{% set a = 'a' * 1000000 %}{% for i in range(9999) %}{% set b = a|upper %}{% endfor %}",
    "{% set a = 'a' * 500000 %}{{ (a + a) in (a + 'b' + a) }}",
    "{% set a = 'a' * 1000000 %}{{ a|replace('a', a) }}",
  ])
  func runawayTemplatesAreStopped(source: String) throws {
    let time = CPUTime.measure {
      #expect(
        performing: { try render(source) },
        throws: { ["TPL.LIMIT", "TPL.VALUE"].contains(($0 as? TemplateError)?.code) })
    }

    #expect(time < .seconds(2), "\(source)")
  }

  @Test func deepAndLongSourcesAreRefusedNotOverflowed() throws {
    for source in [
      "{{ " + String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000)
        + " }}",
      "{{ " + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        + " }}",
      "{{ " + String(repeating: "not ", count: 100_000) + "1 }}",
      "{{ 1" + String(repeating: " + 1", count: 100_000) + " }}",
      "{{ x" + String(repeating: ".y", count: 100_000) + " }}",
      "{{ x" + String(repeating: "|trim", count: 100_000) + " }}",
      "{{ " + String(repeating: "-", count: 100_000) + "1 }}",
      String(repeating: "{% if 1 %}", count: 50_000),
      "{{ 1" + String(repeating: " if 1 else 1", count: 50_000) + " }}",
      String(repeating: "x", count: 2 << 20),
    ] {
      #expect(
        performing: { _ = try ChatTemplate(source) },
        throws: { ($0 as? TemplateError)?.code == "TPL.LIMIT" })
    }
  }

  @Test(arguments: [
    ("a\n{{ x.__class__ }}", 2, 5), ("{{ ''['__class__'] }}", 1, 6), ("{% include 'x' %}", 1, 4),
    ("{% import 'x' as y %}", 1, 4), ("{% extends 'x' %}", 1, 4), ("{{ x|nofilter }}", 1, 6),
    ("{{ x is notest }}", 1, 6), ("{{ open('x') }}", 1, 4), ("{{ x.format() }}", 1, 5),
    ("{% raw %}x{% endraw %}", 1, 4), ("{{ cycler(1) }}", 1, 4), ("{{ x|map('nofilter') }}", 1, 6),
    ("{{ x._private }}", 1, 5), ("{% call x() %}{% endcall %}", 1, 4),
  ])
  func whatIsNotSupportedIsRefusedAtLoadWithItsPlace(source: String, line: Int, column: Int) throws
  {
    #expect(
      performing: { _ = try ChatTemplate(source) },
      throws: { error in
        guard case .unsupported(line, column, _)? = error as? TemplateError else {
          Issue.record("\(error)")
          return false
        }
        return true
      })
  }

  @Test(arguments: [
    "{{ x", "{% if x %}", "{{ 'a }}", "{{ ] }}", "{% endfor %}", "{{ 1 + }}", "{# x",
    "{% for x %}{% endfor %}", "{{ $ }}", "{{ a b }}",
  ])
  func brokenSourcesAreSyntaxErrors(source: String) throws {
    #expect(
      performing: { _ = try ChatTemplate(source) },
      throws: { ($0 as? TemplateError)?.code == "TPL.SYNTAX" })
  }

  @Test func refusalOfTheTemplateIsTheDatasFault() throws {
    do {
      _ = try render("{{ raise_exception('roles must\nalternate') }}")
      Issue.record("accepted")
    } catch let error as TemplateError {
      #expect(error == .raised(message: "roles must\nalternate"))
      #expect(error.failureClass == .dataset)
      #expect(!error.description.contains("\n"))
    }
  }
}
