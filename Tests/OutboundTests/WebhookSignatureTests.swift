import Outbound
import Secrets
import Testing

@Suite("Standard Webhooks signatures")
struct WebhookSignatureTests {
    private struct Vector: Sendable {
        let secret, id, payload, signature: String
        let timestamp: Int64
    }

    private static let vectors = [
        Vector(
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id: "msg_p5jXN8AQM9LWM0D4loKWxJek", payload: "{\"test\": 2432232314}",
            signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", timestamp: 1_614_265_330),
        Vector(
            secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            payload: "{\"email\":\"test@example.com\",\"username\":\"test_user\"}",
            signature: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            timestamp: 1_649_367_553),
    ]

    private let vector = Self.vectors[0]
    private var signer: WebhookSignature { get throws { try WebhookSignature(secrets: [vector.secret]) } }

    /// Verifies the first vector with something changed.
    private func verify(id: String? = "=", timestamp: String? = "=", signature: String? = "=", body: String? = nil, now: Int64 = 0) throws {
        try signer.verify(
            id: id == "=" ? vector.id : id, timestamp: timestamp == "=" ? "\(vector.timestamp)" : timestamp,
            signature: signature == "=" ? vector.signature : signature, body: Array((body ?? vector.payload).utf8),
            now: vector.timestamp + now)
    }

    @Test(arguments: vectors.indices)
    func theVectorsAreSignedAndVerified(index: Int) throws {
        let vector = Self.vectors[index]
        for secret in [vector.secret, String(vector.secret.dropFirst(6))] {
            let signer = try WebhookSignature(secrets: [secret])
            #expect(signer.sign(id: vector.id, timestamp: vector.timestamp, body: Array(vector.payload.utf8)) == vector.signature)
            try signer.verify(
                id: vector.id, timestamp: "\(vector.timestamp)", signature: vector.signature, body: Array(vector.payload.utf8),
                now: vector.timestamp)
        }
    }

    @Test(arguments: [nil, ""])
    func aMissingOrEmptyHeaderIsRefused(value: String?) {
        #expect(throws: WebhookSignature.Refusal.missingHeader) { try verify(id: value) }
        #expect(throws: WebhookSignature.Refusal.missingHeader) { try verify(timestamp: value) }
        #expect(throws: WebhookSignature.Refusal.missingHeader) { try verify(signature: value) }
    }

    @Test(arguments: ["hello", "1614265330.0", "+1614265330", "-1", " 1614265330", "1614265330 ", "99999999999999999999", "١"])
    func aTimestampThatIsNoNumberIsRefused(timestamp: String) {
        #expect(throws: WebhookSignature.Refusal.malformedTimestamp) { try verify(timestamp: timestamp) }
    }

    @Test func fiveMinutesEitherWayAreAcceptedAndNotASecondMore() throws {
        for offset: Int64 in [0, 300, -300] { try verify(now: offset) }
        #expect(throws: WebhookSignature.Refusal.tooOld) { try verify(now: 301) }
        #expect(throws: WebhookSignature.Refusal.tooNew) { try verify(now: -301) }
    }

    @Test(arguments: [
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=", "v1,", "v1", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1O",
        "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ])
    func aWrongSignatureIsRefused(signature: String) {
        #expect(throws: WebhookSignature.Refusal.noMatchingSignature) { try verify(signature: signature) }
    }

    @Test func anyRightOneOfAListIsEnough() throws {
        let wrong = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="
        try verify(signature: "\(wrong) v2,xyz \(vector.signature) \(wrong)")
        try verify(signature: "\(wrong) v2,\(vector.signature.dropFirst(3)) \(vector.signature)")
    }

    @Test func aChangedByteIsRefused() throws {
        #expect(throws: WebhookSignature.Refusal.noMatchingSignature) { try verify(body: "{\"test\":2432232314}") }
        #expect(throws: WebhookSignature.Refusal.noMatchingSignature) { try verify(id: "msg_p5jXN8AQM9LWM0D4loKWxJel") }
        #expect(throws: WebhookSignature.Refusal.noMatchingSignature) { try verify(timestamp: "1614265331") }
    }

    @Test(arguments: ["", "žluťoučký kůň 🐎", "\u{0}"])
    func bodiesOfAllKindsAreSigned(body: String) throws {
        let signature = try signer.sign(id: "exe_1", timestamp: 100, body: Array(body.utf8))
        try signer.verify(id: "exe_1", timestamp: "100", signature: signature, body: Array(body.utf8), now: 100)
        #expect(throws: WebhookSignature.Refusal.noMatchingSignature) {
            try signer.verify(id: "exe_1", timestamp: "100", signature: signature, body: Array(body.utf8) + [32], now: 100)
        }
    }

    @Test func duringARotationBothSecretsSignAndAfterItOnlyTheNewOne() throws {
        let (old, new) = (WebhookSignature.makeSecret(), WebhookSignature.makeSecret())
        let during = try WebhookSignature(secrets: [new, old]).sign(id: "exe_1", timestamp: 100, body: [1])
        #expect(during.split(separator: " ").count == 2)
        let after = try WebhookSignature(secrets: [new]).sign(id: "exe_1", timestamp: 100, body: [1])
        for secret in [old, new] {
            try WebhookSignature(secrets: [secret]).verify(id: "exe_1", timestamp: "100", signature: during, body: [1], now: 100)
        }
        try WebhookSignature(secrets: [new]).verify(id: "exe_1", timestamp: "100", signature: after, body: [1], now: 100)
        #expect(throws: WebhookSignature.Refusal.noMatchingSignature) {
            try WebhookSignature(secrets: [old]).verify(id: "exe_1", timestamp: "100", signature: after, body: [1], now: 100)
        }
    }

    @Test func aRetryKeepsTheIDAndChangesTheSignature() throws {
        let first = try signer.sign(id: "exe_1", timestamp: 100, body: [1])
        #expect(try signer.sign(id: "exe_1", timestamp: 100, body: [1]) == first)
        #expect(try signer.sign(id: "exe_1", timestamp: 130, body: [1]) != first)
    }

    @Test func secretsAreReadWithOrWithoutPaddingAndRefusedWhenEmptyOrWrong() throws {
        let padded = "whsec_" + Base64.encode([UInt8](repeating: 7, count: 25))
        let bare = String(padded.prefix { $0 != "=" })
        let signatures = try [padded, bare].map { try WebhookSignature(secrets: [$0]).sign(id: "a", timestamp: 1, body: []) }
        #expect(padded != bare && signatures[0] == signatures[1])
        for secrets in [[], [""], ["whsec_"]] {
            #expect(throws: WebhookSignature.InvalidSecret.empty) { try WebhookSignature(secrets: secrets) }
        }
        for secret in ["whsec_!", "whsk_AAAA", "whsec_MfKQ 9r8"] {
            #expect(throws: WebhookSignature.InvalidSecret.notBase64) { try WebhookSignature(secrets: [vector.secret, secret]) }
        }
    }

    @Test func aNewSecretHas32RandomBytes() throws {
        let secrets = (0..<100).map { _ in WebhookSignature.makeSecret() }
        #expect(Set(secrets).count == 100)
        #expect(secrets.allSatisfy { $0.hasPrefix("whsec_") && Base64.decode(String($0.dropFirst(6)))?.count == 32 })
    }
}
