import ArgumentParser

/// `graft data`: what rows are like before they are trained on, and rows from a source tree.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Accounts for every token of a dataset, and makes rows from source code.",
    discussion: """
      Examples:
        graft data check datasets/function_calls --model smollm2
        graft data code ../my-project --output datasets/my-project
      """,
    subcommands: [DataCheckCommand.self, DataCodeCommand.self])
}
