import JSON
import Testing

@Suite struct JSONReaderTests {
    @Test func everyKindOfValueIsRead() throws {
        let text = #" {"a":[1,-2.5e1,true,false,null,"x"],"b":{"c":{}},"d":[ ] } "#
        let value = try JSON(parsing: text.utf8)
        #expect(value == ["a": [1, -25.0, true, false, nil, "x"], "b": ["c": [:]], "d": []])
        #expect(value.text == #"{"a":[1,-25.0,true,false,null,"x"],"b":{"c":{}},"d":[]}"#)
    }

    @Test func escapesBecomeTheirCharacters() throws {
        let value = try JSON(parsing: #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#.utf8)
        #expect(value == .string("\"\\/\u{8}\u{C}\n\r\té😀é"))
    }

    @Test func theEdgesOfNumbersAreKept() throws {
        #expect(try JSON(parsing: "9223372036854775807".utf8) == .integer(.max))
        #expect(try JSON(parsing: "-9223372036854775808".utf8) == .integer(.min))
        #expect(try JSON(parsing: "1.7976931348623157e308".utf8) == .number(.greatestFiniteMagnitude))
        #expect(try JSON(parsing: "5e-324".utf8) == .number(.leastNonzeroMagnitude))
        #expect(try JSON(parsing: "0e999".utf8) == .number(0))
        #expect(try JSON(parsing: "-0".utf8) == .integer(0))
    }

    @Test(arguments: [
        ("", "invalid_json", 0), ("  ", "invalid_json", 2), ("{", "invalid_json", 1), ("[1,]", "invalid_json", 3),
        ("{\"a\":1,}", "invalid_json", 7), ("{'a':1}", "invalid_json", 1), ("{\"a\" 1}", "invalid_json", 5), ("[1 2]", "invalid_json", 3),
        ("tru", "invalid_json", 0), ("nul", "invalid_json", 0), ("NaN", "invalid_json", 0), ("+1", "invalid_json", 0),
        ("-", "invalid_json", 1), ("1.", "invalid_json", 2), (".5", "invalid_json", 0), ("1e", "invalid_json", 2),
        ("1e+", "invalid_json", 3),
        ("01", "invalid_json", 0), ("-00", "invalid_json", 0), ("\"a", "invalid_json", 2), ("\"\\x\"", "invalid_json", 1),
        ("\"\\u12\"", "invalid_json", 5), ("\"\\u00g0\"", "invalid_json", 5), ("\"a\nb\"", "invalid_json", 2), ("\"\\", "invalid_json", 2),
        ("\u{FEFF}{}", "invalid_json", 0), ("/* */{}", "invalid_json", 0),
        ("{} {}", "trailing_bytes", 3), ("1 x", "trailing_bytes", 2), ("null,", "trailing_bytes", 4),
        ("{\"a\":1,\"a\":2}", "duplicate_key", 7), ("{\"a\":1,\"\\u0061\":2}", "duplicate_key", 7),
        ("\"\\u0000\"", "nul_character", 1), ("\"a\0\"", "nul_character", 2), ("\0", "nul_character", 0),
        ("\"\\ud800\"", "invalid_utf8", 1), ("\"\\ud800\\u0041\"", "invalid_utf8", 1), ("\"\\udc00\"", "invalid_utf8", 1),
        ("\"\\ud83d\\ud83d\"", "invalid_utf8", 1),
        ("9223372036854775808", "number_out_of_range", 0), ("[-9223372036854775809]", "number_out_of_range", 1),
        ("1e400", "number_out_of_range", 0), ("-1e400", "number_out_of_range", 0), ("1e-400", "number_out_of_range", 0),
        ("1e99999999999999999999", "number_out_of_range", 0),
    ])
    func whatIsNotStrictJSONIsRefusedWhereItIs(text: String, code: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: text.utf8) }
        #expect(error?.code == code)
        #expect(error?.offset == offset)
    }

    @Test(arguments: [[0xC0, 0x80], [0xFF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3]] as [[UInt8]])
    func bytesThatAreNotUTF8AreRefused(bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: Array("\"ab".utf8) + bytes + Array("\"".utf8)) }
        #expect(error?.code == "invalid_utf8")
        #expect(error?.offset == 3)
    }

    @Test func nestingIsLimitedExactly() throws {
        #expect(try JSON(parsing: nested(64).utf8).array?.count == 1)
        let error = #expect(throws: JSONError.self) { try JSON(parsing: nested(65).utf8) }
        #expect(error?.code == "too_deep")
        #expect(error?.offset == 64)
    }

    @Test(arguments: ["[", "{\"a\":", "[{\"a\":"])
    func aHundredThousandLevelsAreRefusedWithoutTheStack(opening: String) {
        let text = String(repeating: opening, count: 100_000)
        #expect(throws: JSONError.self) { try JSON(parsing: text.utf8) }
        // A caller who allows everything is still held to a depth that the stack can take.
        let error = #expect(throws: JSONError.self) { try JSON(parsing: text.utf8, maximumDepth: .max) }
        #expect(error?.code == "too_deep")
    }

    @Test func theDeepestAllowedIsReadWrittenAndReleased() throws {
        #expect(try JSON(parsing: nested(256).utf8, maximumDepth: .max).text == nested(256))
    }

    @Test func hostileSizesTakeLinearTime() throws {
        let digits = String(repeating: "9", count: 1_000_000)
        #expect(throws: JSONError.self) { try JSON(parsing: digits.utf8) }
        #expect(throws: JSONError.self) { try JSON(parsing: "0.\(digits)".utf8) }
        let members = (0..<100_000).map { "\"\($0)\":0" }.joined(separator: ",")
        #expect(try JSON(parsing: "{\(members)}".utf8)["99999"] == 0)
        // A name of alternating combining marks, which canonical comparison would have to sort.
        let marks = String(repeating: "\u{0316}\u{0301}", count: 250_000)
        let error = #expect(throws: JSONError.self) { try JSON(parsing: "{\"a\(marks)\":1,\"a\(marks)\":2}".utf8) }
        #expect(error?.code == "duplicate_key")
    }

    @Test func namesThatOnlyLookAlikeAreTwoMembers() throws {
        let value = try JSON(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}".utf8)
        #expect(value.object?.count == 2)
        #expect(JSON.string("\u{E9}") != .string("e\u{301}"))
    }

    @Test func noErrorRepeatsTheText() {
        for text in ["{\"s3cret\":1,\"s3cret\":2}", "s3cret", "\"s3cret", "{\"a\":1} s3cret"] {
            let error = #expect(throws: JSONError.self) { try JSON(parsing: text.utf8) }
            #expect(error?.detail.contains("s3cret") == false)
        }
    }

    private func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
}
