import JSON
import Testing

@testable import Scheduling

/// Each wrong member is named by its pointer, with a code for programs.
@Suite struct JobRefusalTests {
    private func config(_ more: JSONObject) -> JSON {
        var config: JSONObject = ["url": "https://api.example.com/tick"]
        for (key, value) in more { config[key] = value }
        return ["config": .object(config)]
    }

    @Test func theSmallestDraftIsTaken() {
        #expect(faults(["config": ["url": "https://api.example.com/tick"]]).isEmpty)
    }

    private static let targets: [(String, String)] = [
        ("hello", "invalid_url"), ("", "too_short"), ("ftp://example.com/", "invalid_url"),
        ("https://user:pass@example.com/", "invalid_url"),
        ("http://10.0.0.1/", "blocked_address"), ("http://127.0.0.1:8080/", "blocked_address"), ("http://[::1]/", "blocked_address"),
        ("http://169.254.169.254/latest", "blocked_address"), ("http://localhost/", "blocked_address"),
        ("http://example.com:22/", "blocked_address"), ("https://example.com/a\r\nHost: b", "invalid_format"),
        ("https://example.com/" + String(repeating: "a", count: 2_048), "too_long"),
    ]

    @Test(arguments: targets) func aTargetThatMayNotBeCalledIsRefused(url: String, code: String) {
        #expect(faults(["config": ["url": .string(url)]]) == ["/config/url \(code)"])
    }

    @Test func aTargetIsATextAndMustBeThere() {
        #expect(faults(["config": ["url": ["x"]]]) == ["/config/url wrong_type"])
        #expect(faults(["config": [:]]) == ["/config/url required"])
        #expect(faults([:]) == ["/config required"])
    }

    private static let ours: [String] = [
        "Host", "content-length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Expect", "Forwarded",
        "X-Forwarded-For", "x-forwarded-proto", "Proxy-Authorization", "traceparent", "Prikke-Job-Id", "PRIKKE-ANYTHING", "webhook-id",
        "Webhook-Signature",
    ]

    @Test(arguments: ours) func headersThatWeSetAreRefused(name: String) {
        #expect(faults(config(["headers": .object(JSONObject([(name, JSON.string("x"))]))])) == ["/config/headers/\(name) not_allowed"])
    }

    private static let malformed: [(String, String)] = [
        ("X-A", "a\r\nX-B: b"), ("X-A", "a\nb"), ("X-A", "a\u{0}b"), ("X-A", " a"), ("X-A", "a\t"), ("X A", "a"), ("X:A", "a"), ("Ä", "a"),
        ("X-\u{212A}ey", "a"),  // the sign for Kelvin, whose lower case is k
    ]

    @Test(arguments: malformed) func headersThatAreNoneAreRefused(name: String, value: String) {
        let headers = JSONObject([(name, JSON.string(value))])
        #expect(faults(config(["headers": .object(headers)])) == ["/config/headers/\(name) invalid_format"])
    }

    @Test func aHeaderIsNamedOnceAndAllAreBounded() {
        #expect(faults(config(["headers": ["X-A": "1", "x-a": "2"]])) == ["/config/headers/x-a not_allowed"])
        let long = JSON.string(String(repeating: "a", count: 8_000))
        #expect(faults(config(["headers": ["A": long, "B": long, "C": long]])) == ["/config/headers too_long"])
        let many = JSONObject((0...50).map { ("X-\($0)", JSON.string("1")) })
        #expect(faults(config(["headers": .object(many)])) == ["/config/headers too_long"])
        #expect(faults(config(["headers": ["X/~": "a"]])) == ["/config/headers/X~1~0 invalid_format"])
    }

    @Test func aBodyIsBounded() {
        let most = String(repeating: "a", count: 262_144)
        #expect(faults(config(["body": .string(most)])).isEmpty)
        #expect(faults(config(["body": .string(most + "a")])) == ["/config/body too_long"])
        #expect(faults(config(["body": "not base64!", "body_encoding": "base64"])) == ["/config/body invalid_format"])
        #expect(faults(config(["method": "TRACE"])) == ["/config/method not_allowed"])
    }

    private static let members: [(String, String)] = [
        (#"{"retry": 1}"#, "/retry unknown_field"), (#"{"timeout_ms": 999}"#, "/timeout_ms out_of_range"),
        (#"{"config": {"url": "https://a.example.com/", "timeout": 1}}"#, "/config/timeout unknown_field"),
        (#"{"retries": {"limits": 3}}"#, "/retries/limits unknown_field"), (#"{"alerts": {"afters": 1}}"#, "/alerts/afters unknown_field"),
        (#"{"id": "job_01jd3w8k4dfk1q2v7c9r5t0xyz"}"#, "/id unknown_field"), (#"{"timeout_ms": 900001}"#, "/timeout_ms out_of_range"),
        (#"{"timeout_ms": "30s"}"#, "/timeout_ms wrong_type"), (#"{"retries": {"limit": 11}}"#, "/retries/limit out_of_range"),
        (#"{"retries": {"limit": 1.5}}"#, "/retries/limit wrong_type"), (#"{"missed": "never"}"#, "/missed not_allowed"),
        (#"{"retries": {"initial": "1 minute"}}"#, "/retries/initial invalid_format"),
        (#"{"retries": {"maximum": "367d"}}"#, "/retries/maximum invalid_format"),
        (#"{"retries": {"backoff": "linear"}}"#, "/retries/backoff not_allowed"),
        (#"{"retries": {"backoff": ["1m", "soon"]}}"#, "/retries/backoff/1 invalid_format"),
        (#"{"missed_limit": 0}"#, "/missed_limit out_of_range"), (#"{"missed_limit": 101}"#, "/missed_limit out_of_range"),
        (#"{"start_deadline": "soon"}"#, "/start_deadline invalid_format"), (#"{"overlap": "maybe"}"#, "/overlap not_allowed"),
        (#"{"start_deadline": "99999999d"}"#, "/start_deadline invalid_format"), (#"{"key": "-a"}"#, "/key invalid_format"),
        (#"{"success": {"status": ["6xx"]}}"#, "/success/status/0 invalid_format"),
        (#"{"success": {"status": ["299-200"]}}"#, "/success/status/0 invalid_format"),
        (#"{"success": {"status": []}}"#, "/success/status too_short"), (#"{"key": "Nightly Export"}"#, "/key invalid_format"),
        (#"{"name": ""}"#, "/name too_short"), (#"{"plugin": "gopher"}"#, "/plugin not_allowed"), (#"{"tags": [""]}"#, "/tags/0 too_short"),
        (#"{"enabled": "yes"}"#, "/enabled wrong_type"), (#"{"paused_until": "tomorrow at the latest"}"#, "/paused_until invalid_format"),
        (#"{"alerts": "loud"}"#, "/alerts not_allowed"), (#"{"schedule": {"crom": "x", "every": "1h"}}"#, "/schedule/crom unknown_field"),
    ]

    @Test(arguments: members) func aWrongMemberIsNamed(text: String, fault: String) throws {
        let members = try #require(try JSON(parsing: Array(text.utf8)).object)
        #expect(faults(.call(["every": "1h"], members)) == [fault])
    }

    @Test func listsAndTextsAreBounded() {
        #expect(faults(.call(["every": "1h"], ["name": .string(String(repeating: "ä", count: 201))])) == ["/name too_long"])
        #expect(faults(.call(["every": "1h"], ["name": .string(String(repeating: "ä", count: 200))])).isEmpty)
        #expect(faults(.call(["every": "1h"], ["tags": .array([JSON](repeating: "a", count: 21))])) == ["/tags too_long"])
    }

    @Test func everythingThatIsWrongIsSaidAtOnce() {
        let draft: JSON = ["config": ["url": "ftp://a"], "schedule": ["cron": "x"], "timeout_ms": 1, "key": "A", "foo": 1]
        let expected: Set<String> = ["/config/url invalid_url", "/timeout_ms out_of_range", "/key invalid_format", "/foo unknown_field"]
        #expect(Set(faults(draft)).isSuperset(of: expected))
    }
}
