public struct ChatTemplate: Sendable { static let longestSource = 1 << 20; var constants: [String: String] = [:]; public init(_ s: String) throws {} }
