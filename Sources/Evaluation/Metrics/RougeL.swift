/// ROUGE-L: the F1 of the longest common subsequence of words (Lin, 2004).
///
/// Words as the package `rouge_score` has them without stemming, so that figures can be compared:
/// lower case, everything but ASCII letters and digits separates.
package enum RougeL {
  /// 0 where either text has no words.
  ///
  /// - Complexity: O(n · m) for n and m words.
  package static func f1(_ prediction: String, _ reference: String) -> Double {
    var numbers: [[UInt8]: Int] = [:]
    let number = { (word: [UInt8]) -> Int in
      if let known = numbers[word] { return known }
      numbers[word] = numbers.count
      return numbers.count - 1
    }
    let found = words(prediction).map(number)
    let wanted = words(reference).map(number)
    guard !found.isEmpty, !wanted.isEmpty else { return 0 }
    return 2 * Double(longestCommonSubsequence(found, wanted)) / Double(found.count + wanted.count)
  }

  static func words(_ text: String) -> [[UInt8]] {
    // Lower-cased as a whole first: the Kelvin sign becomes the letter k.
    text.lowercased().utf8
      .split { !(0x61...0x7A).contains($0) && !(0x30...0x39).contains($0) }
      .map { Array($0) }
  }

  static func longestCommonSubsequence(_ a: [Int], _ b: [Int]) -> Int {
    var lengths = [Int](repeating: 0, count: b.count + 1)
    for x in a {
      var diagonal = 0
      for (index, y) in b.enumerated() {
        let above = lengths[index + 1]
        lengths[index + 1] = x == y ? diagonal + 1 : max(above, lengths[index])
        diagonal = above
      }
    }
    return lengths[b.count]
  }
}
