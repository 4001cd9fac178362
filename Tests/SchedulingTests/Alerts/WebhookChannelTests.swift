import JSON
import Outbound
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

/// Signed webhooks.
@Suite(.timeLimit(.minutes(1))) struct WebhookChannelTests {
    @Test func aMessageIsSignedWithEverySecretAndSaysOnlyWhatItSigned() async throws {
        let receiver = try Receiver()
        let second: [UInt8] = Array("another secret of 32 bytes .....".utf8)
        let result = await Kinds.deliver(as: "webhook", to: receiver.url + "/alerts?a=b", secrets: [Kinds.secret, second])
        let request = try #require(receiver.requests.first)
        #expect(try result.get().statusCode == 200 && request.method == "POST" && request.path == "/alerts?a=b")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"type":"incident.opened","timestamp":"2026-09-21T14:13:20.123Z","data":{"incident":"inc_1"}}"#)
        let (id, signature) = (request.header("webhook-id"), request.header("webhook-signature"))
        #expect(id == Kinds.delivery.text && id?.contains(".") == false && signature?.split(separator: " ").count == 2)
        #expect(request.header("prikke-hop") == "1" && request.header("user-agent") == "Prikke/test")
        #expect(request.header("content-type") == "application/json")
        for key in [Kinds.secret, second] {
            try WebhookSignature(keys: [key]).verify(
                id: id, timestamp: request.header("webhook-timestamp"), signature: signature, body: request.body,
                now: Timestamp.now().seconds)
        }
    }

    @Test func aRepetitionHasTheSameIdAndBody() async throws {
        let receiver = try Receiver()
        for _ in 1...2 { _ = await Kinds.deliver(as: "webhook", to: receiver.url) }
        let requests = receiver.requests
        #expect(requests.count == 2 && requests[0].body == requests[1].body)
        #expect(requests[0].header("webhook-id") == requests[1].header("webhook-id"))
    }

    @Test func anotherTryIsSignedAnew() throws {
        let signatures = [1, 2].map { second in
            WebhookChannel.headers(id: Kinds.delivery, body: [], secrets: [Kinds.secret], seconds: second).last?.value
        }
        #expect(signatures[0] != signatures[1])
    }

    @Test func aBodyIsNeverLargerThanTheSpecificationWants() throws {
        func body(_ data: JSON) -> [UInt8] { WebhookChannel.body(of: Kinds.message(data: data)) }
        let frame = body(["a": ""]).count
        let fits = body(["a": .string(String(repeating: "x", count: 19_999 - frame))])
        let whole = try JSON(parsing: fits)
        #expect(fits.count == 19_999 && whole["data"]?["shortened"] == nil)
        let over = try JSON(parsing: body(["a": .string(String(repeating: "x", count: 20_000 - frame)), "n": 1]))
        #expect(over["data"]?["shortened"] == true && over["data"]?["a"]?.string?.count == 2_000 && over["data"]?["n"] == 1)
        let many = body(["jobs": .array((0..<5_000).map { ["id": .integer($0), "name": .string(String(repeating: "😀", count: 300))] })])
        let few = try JSON(parsing: many)
        #expect(many.count < 20_000 && few["data"]?["jobs"]?.array?.count == 10)
        let hopeless = try JSON(parsing: body(.object(JSONObject((0..<5_000).map { ("member \($0)", .integer($0)) }))))
        #expect(hopeless["data"]?.object?.keys == ["title", "url", "shortened"])
    }
}
