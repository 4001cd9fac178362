import JSON
import Outbound
import TestSupport
import Testing
import Time

@testable import Scheduling

/// What follows from what a channel answers, or does not.
@Suite(.timeLimit(.minutes(1))) struct ChannelAnswersTests {
    private typealias Kind = DeliveryFailure.Kind

    private static func failure(_ result: Result<DeliveryAnswer, DeliveryFailure>) -> DeliveryFailure? {
        if case .failure(let failure) = result { failure } else { nil }
    }

    // MARK: As the vendors answer

    @Test func slackTakesWhatWeSend() async throws {
        let slack = try SlackReceiver.make()
        let answer = try await Kinds.deliver(as: "slack", to: slack.url).get()
        #expect(answer == DeliveryAnswer(statusCode: 200, text: "ok"))
        #expect(slack.requests.first?.header("prikke-hop") == "1" && slack.requests.count == 1)
    }

    @Test func discordTakesWhatWeSendAndIsAskedToWait() async throws {
        let discord = try DiscordReceiver.make(query: "?thread_id=7")
        #expect(try await Kinds.deliver(as: "discord", to: discord.url).get().statusCode == 200)
        #expect(discord.requests.first?.path.hasSuffix("?wait=true&thread_id=7") == true)
    }

    @Test func whatSlackCannotReadIsSentOnceMoreAsAText() async throws {
        let slack = try SlackReceiver.make()
        slack.next(Receiver.Answer(status: 400, body: "invalid_blocks"))
        #expect(try await Kinds.deliver(as: "slack", to: slack.url).get().statusCode == 200)
        #expect(
            slack.requests.map { try? JSON(parsing: $0.body) }.last
                == ["text": "Nightly export failed\n<https://app.prikke.example/e/1|Open the execution>"])
        slack.next(Receiver.Answer(status: 400, body: "invalid_blocks"), Receiver.Answer(status: 400, body: "invalid_payload"))
        let failure = Self.failure(await Kinds.deliver(as: "slack", to: slack.url))
        #expect(failure?.kind == .refused && failure?.reason == "The answer was 400: invalid_payload." && slack.requests.count == 4)
    }

    @Test func aForumOfDiscordsGetsAThread() async throws {
        let forum = try DiscordReceiver.make(isForum: true)
        #expect(try await Kinds.deliver(as: "discord", to: forum.url).get().statusCode == 200)
        let last = try JSON(parsing: try #require(forum.requests.last).body)
        #expect(last["thread_name"] == "Nightly export failed" && last["embeds"]?.array?.count == 1)
    }

    @Test func whatDiscordCannotReadIsSentOnceMoreAsAText() async throws {
        let discord = try DiscordReceiver.make()
        discord.next(DiscordReceiver.error(400, 50_035, "Invalid Form Body"))
        #expect(try await Kinds.deliver(as: "discord", to: discord.url).get().statusCode == 200)
        let last = try JSON(parsing: try #require(discord.requests.last).body)
        #expect(last["content"] == "Nightly export failed\n<https://app.prikke.example/e/1>" && last["embeds"] == nil)
    }

    // MARK: By status

    @Test(
        arguments: [
            (403, [.gone, .gone, .passing(after: nil)]), (404, [.gone, .gone, .passing(after: nil)]), (410, [.gone, .gone, .gone]),
            (401, [.refused, .gone, .passing(after: nil)]), (400, [.refused, .refused, .passing(after: nil)]),
            (413, [.refused, .refused, .passing(after: nil)]), (408, [.passing(after: nil), .passing(after: nil), .passing(after: nil)]),
            (429, [.passing(after: nil), .passing(after: nil), .passing(after: nil)]),
            (500, [.passing(after: nil), .passing(after: nil), .passing(after: nil)]),
            (503, [.passing(after: nil), .passing(after: nil), .passing(after: nil)]),
            (302, [.passing(after: nil), .passing(after: nil), .passing(after: nil)]),
        ] as [(Int, [DeliveryFailure.Kind])])
    func eachStatusHasItsConsequence(_ status: Int, _ kinds: [DeliveryFailure.Kind]) async throws {
        let receiver = try Receiver()
        let elsewhere = receiver.url + "/elsewhere"
        for path in ["/services/T1/B1/x", "/api/webhooks/1/x", "/hook"] {
            receiver.answer(path) { _ in Receiver.Answer(status: status, headers: [("Location", elsewhere)]) }
        }
        for (index, (kind, path)) in [("slack", "/services/T1/B1/x"), ("discord", "/api/webhooks/1/x"), ("webhook", "/hook")].enumerated() {
            let failure = Self.failure(await Kinds.deliver(as: kind, to: receiver.url + path))
            #expect(failure?.kind == kinds[index] && failure?.answer?.statusCode == status, "\(kind)")
        }
        #expect(!receiver.requests.contains { $0.path == "/elsewhere" })
    }

    @Test func aWorkflowThatSaysNotOKDidNotTakeIt() async throws {
        let receiver = try Receiver()
        receiver.answer("/triggers/T1/1/a") { _ in Receiver.Answer(body: #"{"ok":false,"error":"invalid_trigger"}"#) }
        let failure = Self.failure(await Kinds.deliver(as: "slack", to: receiver.url + "/triggers/T1/1/a"))
        #expect(failure?.kind == .refused && failure?.reason == "The answer was 200, but not “ok”: invalid_trigger.")
        receiver.answer("/triggers/T1/1/a") { _ in Receiver.Answer(body: #"{"ok":true}"#) }
        #expect(try await Kinds.deliver(as: "slack", to: receiver.url + "/triggers/T1/1/a").get().text == #"{"ok":true}"#)
    }

    // MARK: How long to wait

    @Test(
        arguments: [
            (DiscordReceiver.limited(0.65), Duration.milliseconds(650)), (DiscordReceiver.limited(100_000), .seconds(3_600)),
            (Receiver.Answer(status: 429, headers: [("Retry-After", "7")]), .seconds(7)),
            (Receiver.Answer(status: 429, headers: [("Retry-After", "1.5")]), .milliseconds(1_500)),
            (Receiver.Answer(status: 503, headers: [("Retry-After", "999999999999999999999")]), .seconds(3_600)),
            (Receiver.Answer(status: 429, headers: [("Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT")]), .seconds(3_600)),
            (Receiver.Answer(status: 429, headers: [("Retry-After", "Mon, 01 Jan 2001 00:00:00 GMT")]), .zero),
            (Receiver.Answer(status: 429, headers: [("X-RateLimit-Reset-After", "2.25")]), .milliseconds(2_250)),
            (Receiver.Answer(status: 429, headers: [("Retry-After", "soon")]), nil),
            (Receiver.Answer(status: 429, headers: [("Retry-After", "-1")]), nil),
            (Receiver.Answer(status: 429, headers: [("Retry-After", "nan")]), nil),
            (Receiver.Answer(status: 429, body: #"{"retry_after":-1}"#), nil),
            (Receiver.Answer(status: 429, body: #"{"retry_after":"1"}"#), nil), (.pageOf429, nil),
        ] as [(Receiver.Answer, Duration?)]) func theChannelSaysWhenToComeBack(_ answer: Receiver.Answer, _ wait: Duration?) async throws
    {
        let discord = try DiscordReceiver.make()
        discord.next(answer)
        let failure = Self.failure(await Kinds.deliver(as: "discord", to: discord.url))
        #expect(failure?.kind == .passing(after: wait))
        #expect(failure?.reason.has("<") == false)
    }

    // MARK: Without an answer

    @Test func whereNobodyListensNothingWasSent() async throws {
        let receiver = try Receiver()
        receiver.close()
        #expect(Self.failure(await Kinds.deliver(as: "slack", to: receiver.url + "/services/T1/B1/x"))?.kind == .passing(after: nil))
    }

    @Test(arguments: ["slack", "discord", "webhook"]) func anAnswerThatIsLostLeavesItUnknown(_ kind: String) async throws {
        let receiver = try Receiver()
        for answer in [Receiver.Answer.dropped, .cut(after: 10), .cut(after: 60, body: "a body that does not come to its end")] {
            receiver.answer("/hook") { _ in answer }
            let failure = Self.failure(await Kinds.deliver(as: kind, to: receiver.url + "/hook"))
            #expect(failure?.kind == .unknown && failure?.reason.hasSuffix("may have arrived.") == true)
        }
        #expect(receiver.requests.count == 3)
    }

    @Test func aChannelThatHangsLeavesItUnknown() async throws {
        let (receiver, gate) = (try Receiver(), Receiver.Gate())
        defer { gate.open() }
        receiver.answer("/hook") { _ in .held(by: gate) }
        let delivering = Task { await Kinds.deliver(as: "webhook", to: receiver.url + "/hook") }
        _ = try await receiver.request(1)
        delivering.cancel()
        #expect(Self.failure(await delivering.value)?.kind == .unknown)
    }

    @Test func aBodyWithoutEndIsCutOff() async throws {
        let receiver = try Receiver()
        receiver.answer("/hook") { _ in .huge(mebibytes: 3) }
        let answer = try await Kinds.deliver(as: "webhook", to: receiver.url + "/hook").get()
        #expect(answer == DeliveryAnswer(statusCode: 200, text: String(repeating: "x", count: 500)))
    }

    // MARK: Secrets

    @Test func anAnswerThatRepeatsTheURLIsKeptWithoutIt() async throws {
        let receiver = try Receiver()
        let url = receiver.url + "/api/webhooks/1234567890/secretToken_1?key=otherSecret"
        receiver.answer("/api/webhooks/1234567890/secretToken_1") { request in
            let body = "No \(url) \(request.path) secretToken_1\u{301} {\"t\":\"secretToken_1\"} otherSecret \u{202E}1234567890"
            return Receiver.Answer(status: 404, body: body)
        }
        for kind in ["webhook", "discord", "slack"] {
            let failure = Self.failure(await Kinds.deliver(as: kind, to: url))
            let all = "\(failure?.reason ?? "") \(failure?.answer?.text ?? "")"
            #expect(
                !all.has("secretToken") && !all.has("otherSecret") && !all.has("1234567890") && all.has("No ") && all.has("…"), "\(kind)")
        }
    }

    @Test func whatThePolicyForbidsIsNotCalled() async throws {
        let failure = Self.failure(await Kinds.deliver(as: "webhook", to: "http://169.254.169.254/latest/secretToken"))
        #expect(failure?.kind == .refused && failure?.reason.has("secretToken") == false && failure?.answer == nil)
    }
}
