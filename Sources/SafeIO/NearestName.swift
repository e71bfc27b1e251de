/// Finds what a person who mistyped a name probably meant.
package enum NearestName {
  /// The candidate with the fewest edits, if it is near enough to be a slip.
  ///
  /// Ties go to the name that comes first in the alphabet, so that the answer is always the same.
  package static func of(_ name: String, among candidates: [String]) -> String? {
    let allowed = max(1, min(3, name.count / 3))
    // An edit changes the length by at most one.
    let ranked = candidates.filter { abs($0.count - name.count) <= allowed }
      .map { (distance: distance(name, $0), name: $0) }
    guard
      let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }),
      best.distance <= allowed
    else { return nil }
    return best.name
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other.
  private static func distance(_ first: String, _ second: String) -> Int {
    // Names longer than this are no slips, and the table below is quadratic.
    let a = Array(first.lowercased().prefix(64))
    let b = Array(second.lowercased().prefix(64))
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
