import JSON
import Testing

@Suite struct MergeTests {
    /// The examples of RFC 7396, appendix A.
    @Test(arguments: [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, "{}"),
        (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#), (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#), (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
        (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
        (#"{"a":"foo"}"#, "null", "null"), (#"{"a":"foo"}"#, #""bar""#, #""bar""#), (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
        ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#), ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ])
    func aPatchIsMerged(target: String, patch: String, result: String) throws {
        func json(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }
        #expect(try json(target).merged(with: json(patch)) == json(result))
    }

    @Test func aMemberThatIsReplacedAsAWholeKeepsNothingOfItself() {
        let merged = (["s": ["cron": "x"], "t": ["a": 1]] as JSON).merged(with: ["s": ["every": "5m"], "t": ["b": 2]], replacing: ["s"])
        #expect(merged == ["s": ["every": "5m"], "t": ["a": 1, "b": 2]])
        #expect((["s": ["cron": "x"]] as JSON).merged(with: ["s": nil], replacing: ["s"]) == [:])
    }
}
