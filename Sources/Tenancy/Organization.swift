import Foundation
import JSON
import Postgres
import Time

/// The tenant: it owns everything, and it pays.
public struct Organization: Sendable, Identified {
    public static let prefix = "org"

    public let id: ID<Organization>
    public let name: String
    /// Stands in every URL of the organization.
    public let slug: String
    /// An IANA name; what a schedule without a zone of its own is read in.
    public let timezone: String
    public let createdAt: Timestamp
    public let entitlements: Entitlements
}

extension Organization {
    /// 1–200 characters, none of them a control character, not all blank.
    static func checked(name: String) throws(InvalidInput) -> String {
        let name = name.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw InvalidInput(pointer: "/name", code: "not_allowed", detail: "A name holds no control characters or line breaks.")
        }
        guard (1...200).contains(name.unicodeScalars.count) else {
            throw InvalidInput(pointer: "/name", code: name.isEmpty ? "too_short" : "too_long", detail: "A name has 1 to 200 characters.")
        }
        return name
    }

    /// A first proposal for the slug: the name's letters and digits, hyphens between its words, 3–40 characters.
    /// A reserved or too short one gets a tail, as one that is taken does.
    static func slug(from name: String) -> String {
        let plain = name.applyingTransform(.toLatin, reverse: false)?.applyingTransform(.stripDiacritics, reverse: false) ?? name
        let words = plain.lowercased().utf8.split { !isSlugLetter($0) }
        let slug = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-").prefix(40)
        let trimmed = slug.last == "-" ? slug.dropLast() : slug
        guard trimmed.utf8.count >= 3, !reserved.contains(String(trimmed)) else { return "\(trimmed.isEmpty ? "org" : trimmed)-\(tail())" }
        return String(trimmed)
    }

    /// Told apart from one that is taken: the same beginning and four random letters.
    static func slug(_ slug: String) -> String { "\(slug.prefix(35))-\(tail())" }

    private static func tail() -> String { String(ID<Organization>().text.suffix(4)) }

    private static func isSlugLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Words that are, or may become, first path segments of ours.
    private static let reserved: Set<String> = [
        "account", "admin", "api", "assets", "billing", "dashboard", "demo", "dev", "docs", "health", "invites", "jobs", "livez", "metrics",
        "new", "organizations", "ping", "pricing", "prikke", "public", "robots", "settings", "sitemap", "status", "support", "users",
        "webhooks", "www",
    ]
}
