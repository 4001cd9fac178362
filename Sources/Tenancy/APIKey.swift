import Postgres
import Secrets
import Time

/// What a customer's program shows to be let in: `pk_live_<id>.sk_live_<secret>`.
public struct APIKey: Sendable, Identified {
    public static let prefix = "key"

    public let id: ID<APIKey>
    public let name: String
    public let scopes: Set<Scope>
    public let createdAt: Timestamp
    public let expiresAt: Timestamp?
    public let revokedAt: Timestamp?
    /// To within five minutes.
    public let lastUsedAt: Timestamp?
    /// Till then the secret before the last rotation is taken as well; nil, or past: it is not.
    public let previousUntil: Timestamp?
    /// The member who made it; nil: he has left, or nobody did.
    public let createdBy: String?
    /// Whether its scope `manage` counts, as it does while its maker is an admin or owner here.
    public let manages: Bool
    public let hasExpired: Bool

    /// A key as it is shown once: the only time its secret is seen.
    public struct Issued: Sendable {
        public let id: ID<APIKey>
        /// `pk_live_….sk_live_…`
        public let text: String
    }

    /// A key's text, taken apart. The secret has 192 random bits and six characters that check the others, so that a
    /// scanner of leaked secrets can tell one from a chance likeness, and a mistyped key costs us no query.
    struct Credentials: Sendable {
        let id: ID<APIKey>
        let secret: String

        var secretHash: [UInt8] { Hash.sha256(secret.utf8) }
        var text: String { "\(Self.publicMark)\(id.text.dropFirst(APIKey.prefix.utf8.count + 1)).\(Self.secretMark)\(secret)" }

        init() { self.init(id: ID()) }

        /// A new secret of a key that there is.
        init(id: ID<APIKey>) {
            let random = Base62.encode(RandomBytes.make(24))
            self.id = id
            secret = random + Self.checksum(random)
        }

        /// Nil for whatever `init()` cannot have made.
        init?(_ text: String) {
            let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
            guard text.utf8.count < 200, parts.count == 2 else { return nil }
            guard let name = Self.rest(of: parts[0], after: Self.publicMark), let id = ID<APIKey>("\(APIKey.prefix)_\(name)"),
                let secret = Self.rest(of: parts[1], after: Self.secretMark), secret.utf8.count == Self.secretLength,
                Self.checksum(String(secret.dropLast(6))) == secret.suffix(6)
            else { return nil }
            self.id = id
            self.secret = secret
        }

        private static let publicMark = "pk_live_"
        private static let secretMark = "sk_live_"
        private static let secretLength = Base62.width(ofBytes: 24) + 6

        private static func checksum(_ text: String) -> String { Base62.encode(Array(Hash.sha256(text.utf8).prefix(4))) }

        private static func rest(of bytes: [UInt8], after mark: String) -> String? {
            bytes.starts(with: mark.utf8) ? String(decoding: bytes.dropFirst(mark.utf8.count), as: UTF8.self) : nil
        }
    }
}
