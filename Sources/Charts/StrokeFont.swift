/// Letters as strokes of a pen, for pictures without a font.
///
/// A glyph is drawn on a grid 4 wide, from 0 (the top of a capital) over 6 (the baseline) to 8; two digits are
/// a point, points without a space between them a line. What has no glyph is a box.
enum StrokeFont {
  /// Grid units of a size: a capital takes seven tenths of it.
  static let height = 8.6
  /// Between two letters.
  private static let gap = 1.5

  /// The lines of a text, from its left end on the baseline.
  static func lines(of text: String) -> [[ChartPoint]] {
    var left = 0.0
    return text.flatMap { character -> [[ChartPoint]] in
      let glyph = glyph(character)
      defer { left += glyph.width + gap }
      return glyph.lines.map { $0.map { ChartPoint($0.x + left, $0.y - 6) } }
    }
  }

  /// How wide a text is.
  static func width(of text: String) -> Double {
    max(0, text.reduce(-gap) { $0 + glyph($1).width + gap })
  }

  private struct Glyph {
    var lines: [[ChartPoint]]
    var width: Double
  }

  private static func glyph(_ character: Character) -> Glyph {
    if let known = glyphs[character] { return known }
    return character.isWhitespace ? Glyph(lines: [], width: 1.5) : box
  }

  private static let box = parsed("0040464600 0600")

  private static let glyphs: [Character: Glyph] = {
    var result: [Character: Glyph] = [:]
    for entry in strokes.split(separator: "\n") {
      guard let character = entry.first else { continue }
      result[character] = parsed(String(entry.dropFirst(2)))
    }
    return result
  }()

  private static func parsed(_ text: String) -> Glyph {
    let lines = text.split(separator: " ").map { line -> [ChartPoint] in
      let digits = line.compactMap(\.wholeNumberValue)
      let points = stride(from: 0, to: digits.count - 1, by: 2).map {
        ChartPoint(Double(digits[$0]), Double(digits[$0 + 1]))
      }
      // A dot is a line as well.
      return points.count == 1 ? points + points : points
    }
    return Glyph(lines: lines, width: lines.flatMap { $0 }.map(\.x).max() ?? 0)
  }

  private static let strokes = """
    ! 0004 06
    " 0002 2022
    # 1016 3036 0242 0444
    $ 41301001020323334445361605 2027
    % 4006 0010110100 3545463635
    & 461211203031220405162644
    ' 0002
    ( 20111728
    ) 00111708
    * 2125 0342 0244
    + 2125 0343
    , 1607
    - 0333
    . 06
    / 4006
    0 103041453616050110
    1 012026 0646
    2 0110304142330646
    3 01103041423313 334445361605
    4 36300444
    5 400003334445361605
    6 3110010516364544331304
    7 0040421416
    8 103041423313020110 130405163645443313
    9 0516364541301001021343
    : 02 05
    ; 02 1507
    < 402346
    = 0242 0444
    > 002306
    ? 01103041422324 26
    @ 43322223344341301001051646
    A 062046 1434
    B 003041423303 3344453606 0006
    C 4130100105163645
    D 00304145360600
    E 40000646 0333
    F 400006 0333
    G 41301001051636454323
    H 0006 4046 0343
    I 0020 1016 0626
    J 3035261605
    K 0006 4003 1246
    L 000646
    M 0600234046
    N 06004640
    O 103041453616050110
    P 06003041423303
    Q 103041453616050110 3446
    R 06003041423303 2346
    S 413010010203 0213334445361605
    T 0040 2026
    U 000516364540
    V 002640
    W 0016233640
    X 0046 4006
    Y 0023 4023 2326
    Z 00400646
    [ 20000828
    \\ 0046
    ] 00202808
    ^ 022042
    _ 0747
    ` 0011
    a 3236 3322120305162635
    b 0006 0312233435261605
    c 3322120305162635
    d 3036 3312030516263534
    e 04343322120305162635
    f 30201116 0323
    g 32372808 3322120305162635
    h 0006 03122233 3336
    i 0206 00
    j 121708 10
    k 0006 3205 1436
    l 000516
    m 0206 03122326 2332424346
    n 0206 0312223336
    o 122233352616050312
    p 0208 0312223335261605
    q 3238 3322120305162635
    r 0206 031222
    s 3212031424352606
    t 10151626 0222
    u 0205162635 3236
    v 021632
    w 0216233642
    x 0236 3206
    y 0216 321607
    z 02320636
    { 20111203141728
    | 0008
    } 00111223141708
    ~ 04133344
    – 0343
    · 13
    × 0244 4204
    """
}
