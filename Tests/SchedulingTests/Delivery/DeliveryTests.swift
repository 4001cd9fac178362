import EventLoop
import JSON
import Outbound
import Postgres
import ServiceLifecycle
import TestSupport
import Testing
import Time

@testable import Scheduling

/// From a job to a request at its target and back into the ledger.
@Suite(.database, .timeLimit(.minutes(1))) struct DeliveryTests {
    private static let loop = EventLoop(name: "test-outbound")

    private static func plugin(allowing networks: [String], checking: [String] = ["127.0.0.0/8"]) -> HTTPPlugin {
        let policy = AddressPolicy(allowedNetworks: networks.compactMap(IPNetwork.init))
        let client = OutboundClient(policy: policy, settings: OutboundSettings(userAgent: "Prikke/test"), on: loop, logger: silence)
        return HTTPPlugin(
            client: client, policy: AddressPolicy(allowedNetworks: checking.compactMap(IPNetwork.init)), userAgent: "Prikke/test")
    }

    private func scene() async throws -> Scene { try await Scene(plugins: [Self.plugin(allowing: ["127.0.0.0/8"])]) }

    /// Triggers a job of these members, waits for so many requests, and stops: what the ledger then says.
    private func deliver(
        _ more: JSONObject, config: JSONObject = [:], to receiver: Receiver, requests: Int = 1, override: JSON = [:]
    ) async throws -> (execution: Execution, attempts: [Attempt]) {
        let scene = try await scene()
        var members: JSONObject = ["url": .string(receiver.url + "/hook")]
        for (key, value) in config { members[key] = value }
        var draft = more
        draft["config"] = .object(members)
        let job = try await scene.jobs.create(.object(draft), for: scene.acme)
        let execution = try await scene.executions.trigger(job, override: override, by: .manual, for: scene.acme)
        try await scene.running([scene.worker()]) { _ = try await receiver.request(requests) }
        return try await scene.executions.find(execution.id.text, for: scene.acme)
    }

    @Test func aOneTimeJobArrivesOnceAndNotBeforeItsTime() async throws {
        let (scene, receiver) = (try await scene(), try Receiver())
        let at = scene.engine.clock.now().adding(.milliseconds(2_300))
        let draft: JSON = [
            "config": ["url": .string(receiver.url + "/hook?a=b"), "headers": ["X-Team": "ops"], "body": "{\"a\":1}"],
            "schedule": ["at": .string(at.rfc3339)], "name": "Once",
        ]
        let job = try await scene.jobs.create(draft, for: scene.acme)
        let services: [any ServiceLifecycle.Service] = [
            EngineBells(scene.engine, logger: silence), Rescuer(scene.engine, logger: silence), try scene.worker(),
            Scheduler(scene.engine, logger: silence),
        ]
        try await scene.running(services) { _ = try await receiver.request(1) }
        let request = try #require(receiver.requests.first)
        #expect(receiver.requests.count == 1 && request.arrived >= at)
        #expect(request.method == "POST" && request.path == "/hook?a=b" && request.body == Array("{\"a\":1}".utf8))

        let ended = try #require(try await scene.ended().first)
        let lateness = try #require(ended.latenessMs)
        let expected = [
            "User-Agent": "Prikke/test", "X-Team": "ops", "Content-Type": "application/json", "Prikke-Job-Id": job.id.text,
            "Prikke-Execution-Id": ended.id.text, "Prikke-Attempt": "1", "Prikke-Scheduled-For": at.rfc3339, "Prikke-Trigger": "schedule",
            "Prikke-Lateness-Ms": "\(lateness)", "Prikke-Hop": "1", "webhook-id": ended.id.text, "Content-Length": "7",
        ]
        for (name, value) in expected { #expect(request.header(name) == value, "\(name)") }
        try await verify(request, in: scene)
        #expect(ended.scheduledFor == at && ended.status == .success && ended.trigger == .schedule && ended.startedAt ?? at >= at)
        #expect(try await scene.jobs.find(.id(job.id), for: scene.acme).nextRunAt == nil)
    }

    private func verify(_ request: Receiver.Request, in scene: Scene) async throws {
        let sealed: [UInt8] = try await scene.database.query("SELECT sealed FROM signing_secrets").only("sealed")
        let keys = try #require(Scene.signing).open([sealed], of: scene.acme.organization.id)
        try WebhookSignature(keys: keys).verify(
            id: request.header("webhook-id"), timestamp: request.header("webhook-timestamp"),
            signature: request.header("webhook-signature"), body: request.body, now: scene.engine.clock.now().seconds)
        #expect(request.header("traceparent")?.wholeMatch(of: /00-[0-9a-f]{32}-[0-9a-f]{16}-01/) != nil)
    }

    @Test func theAnswerIsKeptByteForByte() async throws {
        let receiver = try Receiver()
        receiver.answer("/hook") { _ in
            var answer = Receiver.Answer(headers: [("Content-Type", "application/octet-stream"), ("X-Two", "1"), ("X-Two", "2")])
            answer.body = (0...255).map(UInt8.init)
            return answer
        }
        let (execution, attempts) = try await deliver([:], to: receiver)
        let response = try #require(execution.response)
        #expect(response.body == (0...255).map(UInt8.init) && response.size == 256 && !response.isTruncated)
        #expect(execution.json["response"]?["encoding"] == "base64" && response.contentType == "application/octet-stream")
        let attempt = try #require(attempts.first)
        #expect(attempt.responseHeaders?.array?.filter { $0.array?.first == "X-Two" }.map { $0.array?.last } == ["1", "2"])
        #expect(attempt.remoteAddress == "127.0.0.1" && attempt.request?["method"] == "GET")
        #expect(attempt.timings.first { $0.phase == "total" }?.microseconds ?? 0 > 0)
    }

    /// A signature over a body that is not sent could not be verified.
    @Test func ofARequestWithoutABodyNoneIsSigned() async throws {
        let (scene, receiver) = (try await scene(), try Receiver())
        let draft: JSON = ["config": ["url": .string(receiver.url), "method": "HEAD", "body": "{}"], "schedule": nil]
        let job = try await scene.jobs.create(draft, for: scene.acme)
        _ = try await scene.executions.trigger(job, override: [:], by: .manual, for: scene.acme)
        try await scene.running([scene.worker()]) { _ = try await receiver.request(1) }
        let request = try #require(receiver.requests.first)
        #expect(request.method == "HEAD" && request.header("Content-Type") == nil)
        try await verify(request, in: scene)
    }

    @Test func aHugeAnswerIsCutAndJudgedByItsStatus() async throws {
        let receiver = try Receiver()
        receiver.answer("/hook") { _ in .huge(mebibytes: 3) }
        let execution = try await deliver([:], to: receiver).execution
        #expect(execution.status == .success && execution.response?.isTruncated == true)
        #expect(execution.response?.body.count == 256 << 10 && execution.response?.size == 1 << 20)
    }

    @Test func aTargetThatFailsIsTriedAgainUnderTheSameId() async throws {
        let receiver = try Receiver()
        receiver.answer("/hook") { .status($0.header("Prikke-Attempt") == "1" ? 503 : 200) }
        let (execution, attempts) = try await deliver(["retries": ["limit": 3, "backoff": ["0s"]]], to: receiver, requests: 2)
        #expect(execution.status == .success && execution.attempt == 2 && attempts.map(\.statusCode) == [503, 200])
        #expect(Set(receiver.requests.map { $0.header("webhook-id") }) == [execution.id.text])
        #expect(receiver.requests.map { $0.header("Prikke-Attempt") } == ["1", "2"])
    }

    @Test func aTargetThatIsGonePausesItsJob() async throws {
        let receiver = try Receiver()
        receiver.answer("/hook") { _ in .status(410) }
        let (execution, attempts) = try await deliver(["retries": ["limit": 3, "backoff": ["0s"]]], to: receiver)
        #expect(execution.status == .failed && execution.reason == .stoppedByTarget && execution.statusCode == 410)
        #expect(attempts.count == 1 && receiver.requests.count == 1)
        let (enabled, reason) = try await pausing()
        #expect(!enabled && reason == "The target answered 410 Gone.")
    }

    @Test func aTargetMayPauseItsJobWithASuccess() async throws {
        let receiver = try Receiver()
        receiver.answer("/hook") { _ in Receiver.Answer(headers: [("Prikke-Pause", "see you in May")]) }
        let execution = try await deliver([:], to: receiver).execution
        let (enabled, reason) = try await pausing()
        #expect(execution.status == .success && !enabled && reason == "see you in May")
    }

    @Test func whatARedirectAsksForIsNotHeard() async throws {
        let receiver = try Receiver()
        receiver.answer("/hook") { _ in
            Receiver.Answer(status: 302, headers: [("Location", "/there"), ("Prikke-Pause", "no"), ("Prikke-Retry", "never")])
        }
        receiver.answer("/there") { .status($0.header("Prikke-Attempt") == "1" ? 500 : 200) }
        let retries: JSONObject = ["retries": ["limit": 1, "backoff": ["0s"]]]
        let execution = try await deliver(retries, config: ["follow_redirects": true], to: receiver, requests: 4).execution
        #expect(execution.status == .success && execution.attempt == 2)
        #expect(try await pausing().enabled)
    }

    @Test func neverMeansNoFurtherAttempt() async throws {
        let receiver = try Receiver()
        receiver.answer("/hook") { _ in Receiver.Answer(status: 503, headers: [("Prikke-Retry", "never"), ("Retry-After", "0")]) }
        let (execution, attempts) = try await deliver(["retries": ["limit": 3, "backoff": ["0s"]]], to: receiver)
        #expect(execution.reason == .httpStatus && attempts.count == 1 && receiver.requests.count == 1)
        #expect(try await pausing().enabled)
    }

    private static let waits: [(headers: [(name: String, value: String)], seconds: ClosedRange<Int64>)] = [
        ([("Retry-After", "600")], 600...602), ([("Retry-After", "999999999999")], 3_600...3_602), ([("Retry-After", "-1")], 0...2),
        ([("Retry-After", "garbage")], 0...2), ([("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")], 3_600...3_602),
        ([("Prikke-Retry-After", "10m"), ("Retry-After", "1200")], 600...602),
    ]

    @Test(arguments: waits.indices) func theTargetSaysWhenItIsTriedAgain(index: Int) async throws {
        let (receiver, (headers, seconds)) = (try Receiver(), Self.waits[index])
        receiver.answer("/hook") { _ in Receiver.Answer(status: 429, headers: headers) }
        // Where the first attempt leaves the next one far away, it waits; else the second one is the last.
        let last = seconds.lowerBound == 0 ? 2 : 1
        let (execution, attempts) = try await deliver(["retries": ["limit": 1, "backoff": ["0s"]]], to: receiver, requests: last)
        #expect(receiver.requests.count == last && attempts.count == last)
        guard last == 1 else { return #expect(execution.status == .failed) }
        let due: Timestamp = try await TestDatabase.current.database.query("SELECT due_at FROM queue").only("due_at")
        let wait = try #require(attempts.first?.finishedAt).duration(to: due)
        #expect(wait >= .seconds(seconds.lowerBound) && wait <= .seconds(seconds.upperBound), "\(wait)")
    }

    /// Of the only job there is.
    private func pausing() async throws -> (enabled: Bool, reason: String?) {
        let rows = try await TestDatabase.current.database.query("SELECT enabled, paused_reason FROM jobs")
        return (try rows.only("enabled"), try rows.only("paused_reason"))
    }

    @Test func aTargetThatDoesNotAnswerTimesOut() async throws {
        let (receiver, gate) = (try Receiver(), Receiver.Gate())
        receiver.answer("/hook") { _ in .held(by: gate) }
        let execution = try await deliver(["timeout_ms": 1_000, "retries": ["limit": 0]], to: receiver).execution
        gate.open()
        #expect(execution.status == .timeout && execution.reason == .deadline && execution.statusCode == nil)
        #expect((1_000..<10_000).contains(execution.durationMs ?? 0), "\(execution.durationMs ?? 0)")
    }

    @Test func aTargetThatBreaksOffIsABadResponse() async throws {
        let receiver = try Receiver()
        receiver.answer("/hook") { _ in .cut(after: 60, body: String(repeating: "x", count: 500)) }
        let execution = try await deliver(["retries": ["limit": 0]], to: receiver).execution
        #expect(execution.status == .failed && execution.reason == .badResponse)
    }

    /// Saved while its network was open, and called when it is no more.
    @Test func anAddressThatIsNotAllowedIsNotConnected() async throws {
        let receiver = try Receiver()
        let scene = try await Scene(plugins: [Self.plugin(allowing: [])])
        let job = try await scene.jobs.create(["config": ["url": .string(receiver.url)], "retries": ["limit": 0]], for: scene.acme)
        _ = try await scene.executions.trigger(job, override: [:], by: .manual, for: scene.acme)
        try await scene.running([scene.worker()]) { try await until("it is not run") { try await scene.count("queue") == 0 } }
        #expect(try await scene.ended().map(\.reason) == [.blockedAddress])
        #expect(receiver.requests.isEmpty)
    }

    private static let overrides: [(JSON, String)] = [
        (["body": "hello", "reason": "because"], "hello"), (["body": ["a": 1]], #"{"a":1}"#), (["reason": "because"], "standing"),
        (["body": ""], ""), (["body": nil], ""), ([:], "standing"),
    ]

    @Test(arguments: overrides) func aManualRunSendsItsOwnBody(override: JSON, body: String) async throws {
        let receiver = try Receiver()
        _ = try await deliver([:], config: ["body": "standing"], to: receiver, override: override)
        #expect(String(decoding: receiver.requests[0].body, as: UTF8.self) == body)
        #expect(receiver.requests[0].header("Prikke-Trigger") == "manual")
    }
}
