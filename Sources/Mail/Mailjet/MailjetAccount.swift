import Outbound
import Secrets

/// An account at Mailjet, and where its API is.
public struct MailjetAccount: Sendable {
    /// What is wrong with one, for the operator; `setting` is the name that it is configured by.
    public struct Mistake: Error, Equatable {
        public let setting: String
        public let sentence: String
    }

    /// Sent as HTTP Basic authentication; never logged.
    let authorization: String
    /// Without a slash at the end, and without a version.
    let base: String
    /// Whether the API is on this machine: a stand-in, in tests.
    let isLocal: Bool

    public static let standardURL = "https://api.mailjet.com"

    /// `url`: where the API is, without a version; plain http only to this machine, and only where `allowsHTTP`. Throws `Mistake`.
    public init(key: String, secret: String, url: String = standardURL, allowsHTTP: Bool) throws(Mistake) {
        for (setting, value) in [("MAILJET_API_KEY", key), ("MAILJET_SECRET_KEY", secret)] {
            guard value.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }) else {
                throw Mistake(setting: setting, sentence: "use the key as Mailjet shows it: letters and digits, without blanks.")
            }
        }
        authorization = "Basic " + Base64.encode(Array("\(key):\(secret)".utf8))
        (base, isLocal) = try Self.read(url, allowsHTTP: allowsHTTP)
    }

    /// Whether `url` may be configured. Throws `Mistake`.
    public static func check(_ url: String, allowsHTTP: Bool) throws(Mistake) { _ = try read(url, allowsHTTP: allowsHTTP) }

    private static func read(_ url: String, allowsHTTP: Bool) throws(Mistake) -> (base: String, isLocal: Bool) {
        guard let target = try? TargetURL(url), !target.target.contains("?") else {
            throw Mistake(setting: "MAILJET_API_URL", sentence: "use an address such as \(standardURL), without user, query or fragment.")
        }
        let isLocal = target.isLoopback
        guard target.scheme == .https || (allowsHTTP && isLocal) else {
            throw Mistake(
                setting: "MAILJET_API_URL", sentence: "use https://; plain http goes to this machine alone, and not in production.")
        }
        var base = target.text
        while base.hasSuffix("/") { base.removeLast() }
        guard !["/v3", "/v3.1", "/v3.1/send", "/v3/REST"].contains(where: base.hasSuffix) else {
            throw Mistake(setting: "MAILJET_API_URL", sentence: "leave the version out: \(standardURL).")
        }
        return (base, isLocal)
    }
}

extension TargetURL {
    /// Of a name, what RFC 6761 reserves for loopback; a name that only resolves to it is none.
    fileprivate var isLoopback: Bool {
        switch host {
        case .name(let name): name == "localhost"
        case .address(let address): MailjetAPI.loopback.contains { $0.contains(address) }
        }
    }
}
