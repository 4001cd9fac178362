import JSON
import Outbound
import Postgres
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite struct RequestHeadersTests {
    private let secrets = [[UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32)]

    private func call(headers: JSONObject = [:], secrets: [[UInt8]]) -> JobCall {
        JobCall(
            organizationID: ID(), jobID: ID(), executionID: ID(), attempt: 2, trigger: .manual, scheduledFor: noon,
            startedAt: noon.adding(.milliseconds(1_234)), lateness: .microseconds(1_234_999), config: ["headers": .object(headers)],
            override: nil, timeout: .seconds(30), success: SuccessRules([:]), signingSecrets: secrets)
    }

    private func value(_ name: String, _ headers: [(name: String, value: String)]) -> String? {
        let found = headers.filter { $0.name.lowercased() == name.lowercased() }
        return found.count == 1 ? found[0].value : nil
    }

    @Test func theTargetIsToldWhichExecutionThisIs() {
        let call = call(secrets: secrets)
        let headers = RequestHeaders.make(for: call, userAgent: "Prikke/9", body: [])
        let expected = [
            "User-Agent": "Prikke/9", "Accept": "*/*", "Prikke-Job-Id": call.jobID.text, "Prikke-Execution-Id": call.executionID.text,
            "Prikke-Attempt": "2", "Prikke-Scheduled-For": "2026-06-01T12:00:00.000000Z", "Prikke-Lateness-Ms": "1234",
            "Prikke-Trigger": "manual", "Prikke-Hop": "1", "webhook-id": call.executionID.text, "webhook-timestamp": "\(noon.seconds + 1)",
        ]
        for (name, text) in expected { #expect(value(name, headers) == text, "\(name)") }
        #expect(value("Content-Type", headers) == nil)
    }

    @Test func theTenantsOwnHeadersComeFirstAndInTheirOrder() {
        let own: JSONObject = ["X-B": "1", "user-agent": "mine", "X-A": "2", "ACCEPT": "text/html", "content-type": "a/b"]
        let headers = RequestHeaders.make(for: call(headers: own, secrets: secrets), userAgent: "Prikke/9", body: [1])
        #expect(headers.prefix(5).map(\.name) == own.keys)
        // Each is there once: where the tenant says it, we do not.
        #expect(Set(headers.map { $0.name.lowercased() }).count == headers.count)
        #expect(value("User-Agent", headers) == "mine" && value("Content-Type", headers) == "a/b")
    }

    @Test(arguments: [
        (#" {"a":1}"#, "application/json"), ("[1]", "application/json"), ("a=b", "text/plain; charset=utf-8"),
    ])
    func aBodyIsNamedByItsLooks(body: String, type: String) {
        #expect(value("content-type", RequestHeaders.make(for: call(secrets: secrets), userAgent: "", body: Array(body.utf8))) == type)
    }

    @Test func theSignatureIsOneThatReceiversAccept() throws {
        let call = call(secrets: secrets)
        let body = Array("hello".utf8)
        let headers = RequestHeaders.make(for: call, userAgent: "", body: body)
        for secret in secrets {
            let receiver = try WebhookSignature(keys: [secret])
            try receiver.verify(
                id: value("webhook-id", headers), timestamp: value("webhook-timestamp", headers),
                signature: value("webhook-signature", headers), body: body, now: noon.seconds)
        }
        #expect(throws: WebhookSignature.Refusal.noMatchingSignature) {
            try WebhookSignature(keys: [secrets[0]]).verify(
                id: value("webhook-id", headers), timestamp: value("webhook-timestamp", headers),
                signature: value("webhook-signature", headers), body: body + [0], now: noon.seconds)
        }
        #expect(value("webhook-signature", RequestHeaders.make(for: self.call(secrets: []), userAgent: "", body: [])) == nil)
    }

    @Test func theTraceIsTheExecutionAndTheAttemptASpanOfItsOwn() throws {
        let call = call(secrets: secrets)
        let parents = try (0..<2).map { _ in try #require(value("traceparent", RequestHeaders.make(for: call, userAgent: "", body: []))) }
        for parent in parents { #expect(parent.wholeMatch(of: /00-[0-9a-f]{32}-[0-9a-f]{16}-01/) != nil) }
        #expect(parents[0].dropLast(19) == parents[1].dropLast(19) && parents[0] != parents[1])
    }

    @Test func whatAuthorisesARequestIsMaskedInItsRecord() {
        let secret = [
            "Authorization", "Cookie", "X-API-Key", "x-auth-token", "X-Client-Secret", "X-Password", "Ocp-Apim-Subscription-Key",
            "X-Signature",
        ]
        let record = RequestHeaders.record(
            method: "POST", url: "https://a.example.com/", headers: secret.map { ($0, "hunter2") } + [("X-Team", "ops")], body: [])
        #expect(!record.text.contains("hunter2") && record.text.contains("ops"))
        #expect(record["headers"]?.array?.count == 9 && record["body"] == nil)
    }

    @Test func aBodyThatIsNoTextIsRecordedInBase64() {
        func body(_ bytes: [UInt8]) -> [JSON?] {
            let record = RequestHeaders.record(method: "POST", url: "", headers: [], body: bytes)
            return [record["encoding"], record["body"]]
        }
        #expect(body(Array("hi ✨".utf8)) == ["text", "hi ✨"])
        #expect(body([0xFF, 0xFE]) == ["base64", "//4="])
        #expect(body([0x61, 0x00]) == ["base64", "YQA="])
    }
}
