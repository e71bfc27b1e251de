import SafeIO
import Testing

@Suite struct JSONWritingTests {
  @Test func compactAndPrettyTextReadBackEqual() throws {
    let json: JSON = [
      "b": [1, -0.1, 1e-300, "a\"\\\n\u{1}é😀", nil, true], "a": [:], "empty": [],
    ]

    for pretty in [false, true] {
      for ascii in [false, true] {
        let text = json.serialized(pretty: pretty, asciiOnly: ascii)
        #expect(try JSON(parsing: text) == json)
        #expect(!ascii || text.utf8.allSatisfy { $0 < 0x80 })
      }
    }
  }

  @Test func textIsAsOtherToolsWriteIt() {
    let json: JSON = ["b": [1, 2.5], "a": "x", "c": [:]]

    #expect(json.serialized() == #"{"b":[1,2.5],"a":"x","c":{}}"#)
    #expect(json.serialized(sortedKeys: true) == #"{"a":"x","b":[1,2.5],"c":{}}"#)
    #expect(JSON("😀").serialized(asciiOnly: true) == #""\ud83d\ude00""#)
    #expect(
      json.serialized(pretty: true) == """
        {
          "b": [
            1,
            2.5
          ],
          "a": "x",
          "c": {}
        }
        """)
  }

  @Test(arguments: [
    0.1, 1.0 / 3, .leastNonzeroMagnitude, 1.7976931348623157e308, 1e21, -0.0, 123456789012345680,
  ])
  func numbersReadBackBitForBit(value: Double) throws {
    let read = try JSON(parsing: JSON(value).serialized()).double

    #expect(read?.bitPattern == value.bitPattern)
  }

  @Test func numbersThatAreNotFiniteBecomeNull() {
    #expect(JSON([JSON(Double.nan), JSON(Double.infinity)]).serialized() == "[null,null]")
  }

  @Test func settingAMemberKeepsItsPlaceAndRemovingClosesTheGap() {
    var object = JSONObject()
    for index in 0..<20 { object["k\(index)"] = JSON(index) }

    object["k3"] = "three"
    object["k5"] = nil

    #expect(object.count == 19)
    #expect(object.keys[3] == "k3" && object["k3"] == "three")
    #expect(object["k5"] == nil && object["k19"] == 19)
  }
}
