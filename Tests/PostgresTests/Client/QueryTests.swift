import Testing

@testable import Postgres

@Suite struct QueryTests {
    @Test func interpolatedValuesBecomeParameters() {
        let query: Query = "SELECT \(1), \("it's"), \(nil as Bool?)"
        #expect(query.sql == "SELECT $1, $2, $3")
        #expect(query.types == [20, 25, 16])
        #expect(query.lengths == [8, 4, -1])
    }

    @Test func composingNumbersTheParametersAnew() {
        let condition: Query = "a = \(1) AND b = \("x")"
        let query: Query = "SELECT \(true) FROM t WHERE \(condition) AND c = \(2)"
        #expect(query.sql == "SELECT $1 FROM t WHERE a = $2 AND b = $3 AND c = $4")
        #expect(query.types == [16, 20, 25, 20])
        #expect((condition + " OR " + condition).sql == "a = $1 AND b = $2 OR a = $3 AND b = $4")
    }

    @Test func fragmentsAreJoined() {
        let conditions: [Query] = ["a = \(1)", "b = \(2)", "c"]
        #expect(conditions.joined(separator: " AND ").sql == "a = $1 AND b = $2 AND c")
        #expect([Query]().joined(separator: ", ").sql.isEmpty)
    }

    @Test func namesAreQuoted() {
        let query: Query = "SELECT * FROM \(identifier: "odd\"name") \(unsafe: "LIMIT 1")"
        #expect(query.sql == "SELECT * FROM \"odd\"\"name\" LIMIT 1")
    }

    @Test func descriptionsHoldNoValues() {
        let query: Query = "SELECT \("s3cret"), \([1234567])"
        #expect("\(query)" == "SELECT $1, $2")
    }

    @Test func aNulInTextIsRefusedWhereverItStands() {
        #expect(("SELECT \("a\0b")" as Query).refusal == "text with a NUL character")
        #expect(("SELECT \(["a", "\0"])" as Query).refusal != nil)
        #expect(("SELECT \("a") \("SELECT \("\0")" as Query)" as Query).refusal != nil)
        #expect(("SELECT \([0, 1] as [UInt8])" as Query).refusal == nil)
    }

    @Test func moreValuesThanTheServerTakesAreRefused() {
        var query: Query = "SELECT \(true)"
        for _ in 0..<65_535 { query += ", \(true)" }
        #expect(query.refusal == "65536 values; the server takes 65535")
    }
}
