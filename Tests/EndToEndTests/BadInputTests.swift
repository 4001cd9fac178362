import Foundation
import JSON
import Testing

/// What `POST /api/jobs` refuses: with which status and code, and where it points.
@Suite(.timeLimit(.minutes(3))) struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let body: [UInt8]
        let status: Int
        let code: String
        var pointers: [String] = []
        var type = "application/json"

        var testDescription: String { name }

        /// A text that is sent as it stands.
        init(_ name: String, _ body: String, _ status: Int, _ code: String, type: String = "application/json") {
            (self.name, self.body, self.status, self.code, self.type) = (name, Array(body.utf8), status, code, type)
        }

        /// A JSON object of which some members are wrong.
        init(_ name: String, _ draft: JSON, at pointers: String...) {
            (self.name, body, status, code, self.pointers) = (name, draft.bytes(), 422, "invalid_input", pointers)
        }
    }

    private static let good: JSON = ["config": ["url": "http://127.0.0.1:65533/"]]

    private static func job(_ more: JSONObject) -> JSON {
        .object(JSONObject((good.object ?? [:]).map { ($0.key, $0.value) } + more.map { ($0.key, $0.value) }))
    }

    private static func config(_ more: JSONObject) -> JSON {
        ["config": .object(JSONObject([("url", "http://127.0.0.1:65533/")] + more.map { ($0.key, $0.value) }))]
    }

    static let unreadable: [Case] = [
        Case("no body", "", 400, "invalid_json"),
        Case("no JSON", "name=x", 400, "invalid_json"),
        Case("two values", "{}{}", 400, "trailing_bytes"),
        Case("a broken end", #"{"config":{"url":"http:"#, 400, "invalid_json"),
        Case("too deep", String(repeating: "[", count: 100_000), 400, "too_deep"),
        Case("a name twice", #"{"name":"a","name":"b"}"#, 400, "duplicate_key"),
        Case("a name twice, once escaped", #"{"name":"a","n\u0061me":"b"}"#, 400, "duplicate_key"),
        Case("an escaped NUL", #"{"name":"a\u0000b"}"#, 400, "nul_character"),
        Case("a raw NUL", "{\"name\":\"a\u{0}b\"}", 400, "nul_character"),
        Case("half a character", #"{"name":"\ud800"}"#, 400, "invalid_utf8"),
        Case("a number without bounds", #"{"timeout_ms":1e400}"#, 400, "number_out_of_range"),
        Case("2 MB", #"{"name":""# + String(repeating: "x", count: 2_000_000) + #""}"#, 413, "content_too_large"),
        Case("a form", "name=x", 415, "unsupported_media_type", type: "application/x-www-form-urlencoded"),
        Case("plain text", "{}", 415, "unsupported_media_type", type: "text/plain"),
        Case("another charset", "{}", 415, "unsupported_media_type", type: "application/json; charset=latin1"),
    ]

    static let invalid: [Case] = [
        Case("a list", [], at: ""),
        Case("no config", [:], at: "/config"),
        Case("no URL", ["config": [:]], at: "/config/url"),
        Case("an FTP address", ["config": ["url": "ftp://example.com/"]], at: "/config/url"),
        Case("a private address", ["config": ["url": "http://10.0.0.1/"]], at: "/config/url"),
        Case("the cloud's metadata", ["config": ["url": "http://169.254.169.254/latest"]], at: "/config/url"),
        Case("IPv6 loopback", ["config": ["url": "http://[::1]/"]], at: "/config/url"),
        Case("a user in the address", ["config": ["url": "http://a:b@127.0.0.1:9/"]], at: "/config/url"),
        Case("a mailer's port", ["config": ["url": "http://127.0.0.1:25/"]], at: "/config/url"),
        Case("an unknown member", job(["color": "red"]), at: "/color"),
        Case("an unknown member of config", config(["color": "red"]), at: "/config/color"),
        Case(
            "members that are ours", job(["id": "job_x", "next_run_at": "now", "health": "healthy"]), at: "/id", "/next_run_at", "/health"),
        Case("a header's value with a line break", config(["headers": ["X-A": "b\r\nX-C: d"]]), at: "/config/headers/X-A"),
        Case("a header's name with a line break", config(["headers": ["X-A\nB": "c"]]), at: "/config/headers/X-A\nB"),
        Case("a header that is ours", config(["headers": ["Prikke-Attempt": "9"]]), at: "/config/headers/Prikke-Attempt"),
        Case("a header of the connection", config(["headers": ["Transfer-Encoding": "chunked"]]), at: "/config/headers/Transfer-Encoding"),
        Case("an unknown method", config(["method": "BREW"]), at: "/config/method"),
        Case("a large body", config(["body": .string(String(repeating: "x", count: 262_145))]), at: "/config/body"),
        Case("a bad cron expression", job(["schedule": ["cron": "61 * * * *"]]), at: "/schedule/cron"),
        Case("one that never fires", job(["schedule": ["cron": "0 0 30 2 *"]]), at: "/schedule/cron"),
        Case("a zone of nowhere", job(["schedule": ["cron": "0 0 * * *", "timezone": "Mars/Olympus"]]), at: "/schedule/timezone"),
        Case("a zone outside its folder", job(["schedule": ["cron": "0 0 * * *", "timezone": "../../passwd"]]), at: "/schedule/timezone"),
        Case("two schedules", job(["schedule": ["cron": "0 0 * * *", "every": "1m"]]), at: "/schedule/every"),
        Case("an empty schedule", job(["schedule": [:]]), at: "/schedule"),
        Case("an endless interval", job(["schedule": ["every": "9223372036854775807s"]]), at: "/schedule/every"),
        Case("no interval", job(["schedule": ["every": "0s"]]), at: "/schedule/every"),
        Case("an instant in the past", job(["schedule": ["at": "2020-01-01T00:00:00Z"]]), at: "/schedule/at"),
        Case("an end in the past", job(["schedule": ["every": "1m", "ends_at": "2020-01-01T00:00:00Z"]]), at: "/schedule/ends_at"),
        Case("an endless delay", job(["schedule": ["delay": "999999999d"]]), at: "/schedule/delay"),
        Case("a short timeout", job(["timeout_ms": 999]), at: "/timeout_ms"),
        Case("the largest integer", job(["timeout_ms": .integer(.max)]), at: "/timeout_ms"),
        Case("the smallest integer", job(["retries": ["limit": .integer(.min)]]), at: "/retries/limit"),
        Case("half a millisecond", job(["timeout_ms": 1000.5]), at: "/timeout_ms"),
        Case("a number as text", job(["timeout_ms": "1000"]), at: "/timeout_ms"),
        Case("an endless wait", job(["retries": ["initial": "999999999d"]]), at: "/retries/initial"),
        Case("a long name", job(["name": .string(String(repeating: "\u{301}", count: 300_000))]), at: "/name"),
        Case("a key with a blank", job(["key": "a b"]), at: "/key"),
        Case("many mistakes", job(["name": "", "overlap": "no", "tags": [""]]), at: "/name", "/overlap", "/tags/0"),
    ]

    @Test(arguments: unreadable + invalid)
    func itIsRefused(_ input: Case) async throws {
        let tenant = try await Tenant.ofBadInput()
        let answer = await tenant.server.send(Call(method: "POST", path: "/api/jobs", key: tenant.key, body: input.body, type: input.type))
        #expect(answer.status == input.status, "\(answer.text.prefix(500))")
        #expect(answer.code == input.code)
        #expect(answer.pointers.sorted() == input.pointers.sorted())
        #expect(answer.headers["content-type"] == "application/problem+json")
        #expect(answer.json["request_id"]?.string == answer.headers["x-request-id"])
        #expect(await tenant.get("/api/jobs").json["data"] == [], "nothing was made")
        #expect(kill(tenant.server.child.pid, 0) == 0, "the server is the one that it was")
    }

    @Test func ourOwnPathsMayNotBeCalledButTheDemoReceiverMay() async throws {
        let tenant = try await Server.shared().tenant()
        let url = tenant.server.url
        for path in ["/", "/health", "/api/jobs", "/demo", "/demo/../api/jobs", "/demo/%2e%2e/api/jobs", "//demo/ok", "/demo%2fok"] {
            let answer = await tenant.send("POST", "/api/jobs", ["config": ["url": .string(url + path)]])
            #expect(answer.status == 422, "\(path)")
            #expect(answer.json["errors"]?.array?.map { $0["code"] } == ["blocked_address"])
        }
        let job = try await tenant.job(calling: url + "/demo/ok")
        try await tenant.trigger(job)
        let execution = try #require(try await tenant.ended(1, of: job).first)
        #expect(execution["status"] == "success")
        #expect(execution["response"]?["body"] == "ok")
    }
}

extension Tenant {
    private static let badInput = Task { try await Server.shared().tenant("Bad input") }

    /// One for all cases: none of them may leave anything behind.
    fileprivate static func ofBadInput() async throws -> Tenant { try await badInput.value }
}
