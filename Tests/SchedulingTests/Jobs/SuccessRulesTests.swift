import JSON
import Testing

@testable import Scheduling

@Suite struct SuccessRulesTests {
    private func failure(
        _ rules: JSON, status: Int = 200, body: String = "", isTruncated: Bool = false, duration: Duration = .zero
    ) -> Reason? {
        SuccessRules(rules).failure(status: status, body: Array(body.utf8), isTruncated: isTruncated, duration: duration)?.reason
    }

    private static let statuses: [(JSON, Int, Bool)] = [
        ([:], 199, false), ([:], 200, true), ([:], 299, true), ([:], 300, false), (["status": [404]], 404, true),
        (["status": [404]], 200, false),
        (["status": ["3xx", "401-403"]], 399, true), (["status": ["3xx", "401-403"]], 400, false), (["status": ["401-403"]], 403, true),
        (["status": ["204"]], 204, true),
    ]

    @Test(arguments: statuses) func theStatusDecidesFirst(rules: JSON, status: Int, isSuccess: Bool) {
        #expect(failure(rules, status: status) == (isSuccess ? nil : .httpStatus))
    }

    @Test func theBodyMustContainWhatIsAsked() {
        #expect(failure(["body_contains": "ok"], body: "all is ok") == nil)
        #expect(failure(["body_contains": "ok"], body: "o k") == .assertionFailed)
        #expect(failure(["body_contains": "okay"], body: "oka") == .assertionFailed)
        // By bytes: an accent that is composed is not the one that is not.
        #expect(failure(["body_contains": "é"], body: "e\u{301}") == .assertionFailed)
    }

    @Test func theJSONMustHoldTheValuesAtTheirPaths() {
        let body = #"{"state":"done","list":[{"a/b":1},null],"":{"~":true}}"#
        #expect(failure(["json": ["/state": "done", "/list/0/a~1b": 1, "//~0": true, "/list/1": nil]], body: body) == nil)
        for wrong in ["/state/x", "/list/2", "/list/-1", "state", "/State"] {
            #expect(failure(["json": .object([wrong: "done"])], body: body) == .assertionFailed, "\(wrong)")
        }
        #expect(failure(["json": ["": ["a": 1]]], body: #"{"a":1}"#) == nil)
        #expect(failure(["json": ["/a": 1]], body: "<html>") == .assertionFailed)
    }

    /// Its status is judged all the same.
    @Test func anAssertionOnABodyThatWasCutFailsAndSaysSo() {
        let rules = SuccessRules(["body_contains": "ok"])
        let found = rules.failure(status: 200, body: Array("ok".utf8), isTruncated: true, duration: .zero)
        #expect(found?.reason == .assertionFailed && found?.message.contains("256 KiB") == true)
        #expect(failure(["json": ["/a": 1]], body: #"{"a":1}"#, isTruncated: true) == .assertionFailed)
        #expect(failure([:], isTruncated: true) == nil)
        #expect(failure(["body_contains": "ok"], status: 500, isTruncated: true) == .httpStatus)
    }

    @Test func anAnswerThatTakesTooLongFails() {
        #expect(failure(["max_duration_ms": 100], duration: .milliseconds(100)) == nil)
        #expect(failure(["max_duration_ms": 100], duration: .milliseconds(101)) == .assertionFailed)
    }

    @Test func textIsFoundWhereverItStands() {
        var random = SystemRandomNumberGenerator()
        // Of two letters, so that beginnings repeat in all ways.
        func text(_ length: Int) -> String { String((0..<length).map { _ in Bool.random(using: &random) ? "a" : "b" }) }
        for _ in 0..<2_000 {
            let (body, wanted) = (text(.random(in: 0...20)), text(.random(in: 0...6)))
            let places = 0...max(0, body.count - wanted.count)
            let isThere = places.contains { Array(body.utf8).dropFirst($0).starts(with: wanted.utf8) }
            #expect(Array(body.utf8).contains(bytesOf: wanted) == isThere, "\(wanted) in \(body)")
        }
    }
}
