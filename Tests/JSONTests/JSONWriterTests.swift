import JSON
import Testing

@Suite struct JSONWriterTests {
    @Test func membersKeepTheirOrder() {
        let value: JSON = ["z": 1, "a": [true, nil], "m": ["deep": "x"]]
        #expect(value.text == #"{"z":1,"a":[true,null],"m":{"deep":"x"}}"#)
    }

    @Test func controlCharactersAreEscapedAndNothingElseIs() {
        #expect(JSON.string("\"\\\n\r\t\u{1}\u{1F}/é😀\u{7F}").text == "\"\\\"\\\\\\n\\r\\t\\u0001\\u001f/é😀\u{7F}\"")
        #expect(JSON.string("").text == "\"\"")
    }

    @Test(arguments: [Int64.min, -1, 0, 7, 10, 1_234_567_890, .max])
    func integersAreWrittenInFull(value: Int64) {
        #expect(JSON.integer(value).text == "\(value)")
    }

    @Test(arguments: [0.1, -2.5, 1e300, Double.leastNonzeroMagnitude, 123_456_789.123, -0.0])
    func numbersComeBackAsTheyWere(value: Double) throws {
        #expect(try JSON(parsing: JSON.number(value).bytes()) == .number(value))
    }

    @Test func infinityIsWrittenAsNull() {
        #expect(JSON.array([.number(.infinity), .number(.nan)]).text == "[null,null]")
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let value: JSON = ["a": [1, 2.5, "x\u{0}y".isEmpty ? nil : "x\"y"], "é": ["": false]]
        #expect(try JSON(parsing: value.bytes()) == value)
    }
}

@Suite struct JSONObjectTests {
    @Test(arguments: [3, 12, 13, 200])
    func membersAreFoundAddedAndRemoved(count: Int) {
        var object = JSONObject()
        for number in 0..<count { object["key\(number)"] = .integer(Int64(number)) }
        object["key1"] = nil
        object["key2"] = "changed"
        #expect(object.count == count - 1)
        #expect(object["key1"] == nil)
        #expect(object["key2"] == "changed")
        #expect(object["key0"] == 0)
        object["key1"] = .null
        #expect(object["key1"] == .null)
        #expect(object.keys.last == "key1")
        for number in 0..<count where number != 1 && number != 2 { #expect(object["key\(number)"] == .integer(Int64(number))) }
    }

    @Test func theOrderOfMembersDoesNotMatterForEquality() {
        let one: JSON = ["a": 1, "b": ["c": 2, "d": 3]]
        let other: JSON = ["b": ["d": 3, "c": 2], "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1, "b": ["c": 2]])
        #expect(one != ["a": 1, "b": ["c": 2, "e": 3]])
    }
}
