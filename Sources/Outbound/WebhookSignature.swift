import Secrets

/// Signatures of the Standard Webhooks specification, symmetric kind (`v1`): HMAC-SHA-256 over the message's id, the
/// attempt's time and the body's bytes, so that a receiver knows who sent it, that nothing was changed, and when.
public struct WebhookSignature: Sendable {
    /// Why a secret cannot be used.
    public enum InvalidSecret: Error, Sendable { case notBase64, empty }

    /// Why a message is not accepted.
    public enum Refusal: Error, Sendable { case missingHeader, malformedTimestamp, tooOld, tooNew, noMatchingSignature }

    /// How far the sender's clock and ours may be apart, in seconds, either way.
    public static let tolerance: Int64 = 300

    private let keys: [[UInt8]]

    /// `secrets` are texts such as `whsec_MfKQ…`: base64, with or without prefix and padding. During a rotation there are
    /// two; each one signs. Throws when one is not base64, or there is none.
    public init(secrets: [String]) throws(InvalidSecret) {
        var keys: [[UInt8]] = []
        for secret in secrets {
            let text = secret.utf8.starts(with: "whsec_".utf8) ? String(secret.dropFirst(6)) : secret
            guard let key = Base64.decode(text) else { throw .notBase64 }
            guard !key.isEmpty else { throw .empty }
            keys.append(key)
        }
        guard !keys.isEmpty else { throw .empty }
        self.keys = keys
    }

    /// Signs with keys that were taken out of their texts already, each in turn; there must be one.
    public init(keys: [[UInt8]]) throws(InvalidSecret) {
        guard !keys.isEmpty, !keys.contains(where: \.isEmpty) else { throw .empty }
        self.keys = keys
    }

    /// A new secret of 32 random bytes, in the text that its owner is shown.
    public static func makeSecret() -> String { "whsec_" + Base64.encode(RandomBytes.make(32)) }

    /// The `webhook-signature` of one attempt: one `v1,…` for each secret, separated by spaces. `timestamp` is the attempt's
    /// in Unix seconds; `id` is the message's, the same for all its attempts, and holds no dot.
    public func sign(id: String, timestamp: Int64, body: [UInt8]) -> String {
        // The dot parts the signed fields; an id with one could be cut in two ways.
        precondition(!id.utf8.contains(UInt8(ascii: ".")), "a webhook's id must not hold a dot")
        let message = Self.message(id: id, timestamp: String(timestamp), body: body)
        return keys.map { "v1," + Base64.encode(HMAC.sha256(message, key: $0)) }.joined(separator: " ")
    }

    /// Checks what a receiver was sent: the three headers' values and the body, at `now` in Unix seconds. Any valid `v1`
    /// signature is enough; other versions are passed over.
    public func verify(id: String?, timestamp: String?, signature: String?, body: [UInt8], now: Int64) throws(Refusal) {
        guard let id, let timestamp, let signature, !id.isEmpty, !timestamp.isEmpty, !signature.isEmpty else { throw .missingHeader }
        guard timestamp.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let sent = Int64(timestamp) else { throw .malformedTimestamp }
        guard sent >= now - Self.tolerance else { throw .tooOld }
        guard sent <= now + Self.tolerance else { throw .tooNew }
        let message = Self.message(id: id, timestamp: timestamp, body: body)
        let expected = keys.map { HMAC.sha256(message, key: $0) }
        for entry in signature.split(separator: " ") where entry.hasPrefix("v1,") {
            guard let offered = Base64.decode(String(entry.dropFirst(3))) else { continue }
            if expected.contains(where: { constantTimeEquals($0, offered) }) { return }
        }
        throw .noMatchingSignature
    }

    private static func message(id: String, timestamp: String, body: [UInt8]) -> [UInt8] {
        Array(id.utf8) + [UInt8(ascii: ".")] + Array(timestamp.utf8) + [UInt8(ascii: ".")] + body
    }
}
