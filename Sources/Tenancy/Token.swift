import Secrets

/// A secret that is mailed in a link, or kept by a browser: 32 random bytes as digits and letters. We keep its hash alone.
public struct Token: Sendable {
    /// What is given out; never to be logged or stored.
    public let text: String

    /// SHA-256 of the text: by this it is found. With 256 bits, nobody can guess a text of which he knows the hash.
    let hash: [UInt8]

    /// A new one.
    public init() {
        text = Base62.encode(RandomBytes.make(32))
        hash = Hash.sha256(text.utf8)
    }

    /// One that comes back; nil for whatever `init()` cannot have made.
    public init?(_ text: String) {
        guard Base62.decode(text, count: 32) != nil else { return nil }
        self.text = text
        hash = Hash.sha256(text.utf8)
    }

    /// Six digits that stand for the token where it cannot be typed. Whoever knows it knows them; not the other way round.
    var code: String {
        let number = Hash.sha256(Array("code ".utf8) + text.utf8).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 1_000_000
        let digits = String(number)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }
}

/// What a form carries to show that it is a page of ours that sends it: made of the secret that the browser keeps, which a page of
/// somebody else cannot read. Another session's token is another one.
public enum FormToken {
    /// The token for whoever's browser keeps `secret`.
    public static func make(for secret: String) -> String { Base62.encode(Hash.sha256(Array("form ".utf8) + secret.utf8)) }

    /// Whether it was made for that secret.
    public static func isGood(_ token: String, for secret: String) -> Bool {
        constantTimeEquals(Array(token.utf8), Array(make(for: secret).utf8))
    }
}
