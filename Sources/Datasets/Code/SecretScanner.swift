import Foundation

/// Finds what must not end up in a model: keys, tokens and passwords in source code.
enum SecretScanner {
  /// A secret's kind and place; never the secret.
  struct Finding: Sendable, Equatable {
    var kind: String
    /// 1-based.
    var line: Int
  }

  /// Tokens that services issue: how they begin, and how many letters, digits, `_` and `-` follow.
  private static let issued: [(kind: String, prefix: [UInt8], following: Int)] = [
    ("AWS access key", Array("AKIA".utf8), 16), ("AWS access key", Array("ASIA".utf8), 16),
    ("GitHub token", Array("ghp_".utf8), 30), ("GitHub token", Array("gho_".utf8), 30),
    ("GitHub token", Array("ghu_".utf8), 30), ("GitHub token", Array("ghs_".utf8), 30),
    ("GitHub token", Array("ghr_".utf8), 30), ("GitHub token", Array("github_pat_".utf8), 22),
    ("GitLab token", Array("glpat-".utf8), 20), ("Slack token", Array("xoxb-".utf8), 20),
    ("Slack token", Array("xoxp-".utf8), 20), ("Google API key", Array("AIza".utf8), 35),
    ("API key", Array("sk_live_".utf8), 16), ("API key", Array("sk-".utf8), 32),
    ("Hugging Face token", Array("hf_".utf8), 30), ("npm token", Array("npm_".utf8), 36),
  ]

  private static let keyHeader = Array("-----BEGIN ".utf8)

  /// The bytes that any of these begins with: hardly a place of a file needs a closer look.
  private static let beginnings: [Bool] = {
    var result = [Bool](repeating: false, count: 256)
    for first in issued.compactMap(\.prefix.first) + [keyHeader[0]] { result[Int(first)] = true }
    return result
  }()

  /// Parts of names whose values are secret.
  private static let names = [
    "password", "passwd", "secret", "token", "apikey", "api_key", "accesskey", "access_key",
    "privatekey", "private_key", "credential",
  ]

  /// The first secret of a file; nil where none is found.
  static func firstSecret(in lines: [Substring]) -> Finding? {
    for (index, line) in lines.enumerated() {
      if let kind = kind(of: Array(line.utf8)) { return Finding(kind: kind, line: index + 1) }
    }
    return nil
  }

  private static func kind(of line: [UInt8]) -> String? {
    for place in line.indices where beginnings[Int(line[place])] {
      if line[place...].starts(with: keyHeader), contains(line, "PRIVATE KEY") {
        return "private key"
      }
      // A token stands alone: what goes before it is no part of a word.
      if place > 0, isWord(line[place - 1]) { continue }
      for (kind, prefix, following) in issued where line[place...].starts(with: prefix) {
        let rest = line[(place + prefix.count)...].prefix(while: isToken)
        // "sk-learn-something-long" is no key: keys have digits.
        let hasDigit = rest.contains { $0 >= 0x30 && $0 <= 0x39 }
        if rest.count >= following, hasDigit { return kind }
      }
    }
    return assigned(line)
  }

  /// A quoted text without spaces and with few repetitions, given to a name like `password`.
  private static func assigned(_ line: [UInt8]) -> String? {
    guard let sign = line.firstIndex(where: { $0 == 0x3D || $0 == 0x3A }) else { return nil }
    let name = String(decoding: line[..<sign], as: UTF8.self).lowercased()
      .replacing("-", with: "_")
    guard names.contains(where: { name.contains($0) }) else { return nil }
    let quotes: [UInt8] = [0x22, 0x27, 0x60]
    guard let open = line[sign...].firstIndex(where: quotes.contains),
      let close = line[(open + 1)...].firstIndex(of: line[open]),
      // What is looked up or computed is no value: only a type may stand before the quote.
      !line[sign..<open].contains(where: Array("[(.".utf8).contains)
    else { return nil }
    let value = line[(open + 1)..<close]
    let isPlain = value.allSatisfy {
      $0 > 0x20 && $0 < 0x7F && !Array("{}<>$%()".utf8).contains($0)
    }
    guard value.count >= 8, isPlain, entropy(value) >= 3 else { return nil }
    // A path, a name or a sentence in camel case has no digit; generated values nearly always do.
    guard value.contains(where: { $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return "value of a secret's name"
  }

  /// Bits per byte of a text taken for itself.
  static func entropy(_ bytes: ArraySlice<UInt8>) -> Double {
    var counts = [Int](repeating: 0, count: 256)
    for byte in bytes { counts[Int(byte)] += 1 }
    return counts.reduce(0.0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / Double(bytes.count)
      return sum - share * log2(share)
    }
  }

  private static func contains(_ line: [UInt8], _ text: String) -> Bool {
    let wanted = Array(text.utf8)
    return line.indices.contains { line[$0...].starts(with: wanted) }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (byte >= 0x61 && byte <= 0x7A) || (byte >= 0x41 && byte <= 0x5A)
      || (byte >= 0x30 && byte <= 0x39) || byte == 0x5F
  }

  private static func isToken(_ byte: UInt8) -> Bool { isWord(byte) || byte == 0x2D }
}
