/// Places where a text can be cut without changing the words of either side, whatever the rule.
enum WordBoundary {
  /// The last place in `text` between a letter or number and the white space that follows it.
  ///
  /// All rules end a word there, none looks beyond it from either side, and normal form C joins
  /// nothing across it.
  static func last(in text: [UInt8]) -> Int? {
    CharacterClass.table.withUnsafeBufferPointer { classes in
      text.withUnsafeBufferPointer { text in
        let reader = ClassReader(text: text, table: classes)
        var place = text.count - 1
        while place > 0 {
          let byte = text[place]
          if byte == 0x20 || byte == 0x0A, isWord(before: place, reader) { return place }
          place -= 1
        }
        return nil
      }
    }
  }

  private static func isWord(before place: Int, _ reader: ClassReader) -> Bool {
    var lead = place - 1
    while lead > 0, place - lead < 4, reader.text[lead] & 0xC0 == 0x80 { lead -= 1 }
    let (bits, length) = reader.character(at: lead, before: place)
    return lead + length == place && bits & (CharacterClass.letter | CharacterClass.number) != 0
  }
}
