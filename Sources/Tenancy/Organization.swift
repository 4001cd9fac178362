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
    /// 1–100 characters, not all blank. No control characters, and nothing that turns the direction of writing. No web address either: a
    /// name stands in mails to strangers, who must not be led anywhere by it.
    static func checked(name: String, at pointer: String = "/name") throws(InvalidInput) -> String {
        func refusal(_ code: String, _ detail: String) -> InvalidInput { InvalidInput(pointer: pointer, code: code, detail: detail) }
        let name = name.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !name.unicodeScalars.contains(where: { [.control, .format, .lineSeparator].contains($0.properties.generalCategory) }) else {
            throw refusal("not_allowed", "A name holds no line breaks and no invisible characters.")
        }
        guard (1...100).contains(name.unicodeScalars.count) else {
            throw refusal(name.isEmpty ? "too_short" : "too_long", "A name has 1 to 100 characters.")
        }
        // As a mail program would read it: wide letters and the dots of other scripts are what they look like.
        let lower = name.precomposedStringWithCompatibilityMapping.replacing("。", with: ".").lowercased()
        guard !lower.contains("://"), !lower.contains("www."), !namesHost(lower) else {
            throw refusal("not_allowed", "A name is no web address. Write the name alone.")
        }
        return name
    }

    /// Whether a word of the name is what a mail program would make a link of: labels with dots, the last of letters alone, longer than
    /// what stands in names ("Inc.", "A.B.").
    private static func namesHost(_ name: String) -> Bool {
        name.split { !($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") }.contains { word in
            let labels = word.split(separator: ".", omittingEmptySubsequences: false)
            let isAddress = labels.count == 4 && labels.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(\.isNumber) }
            guard !isAddress else { return true }
            guard labels.count >= 2, let last = labels.last, last.count >= 2, last.hasPrefix("xn--") || last.allSatisfy(\.isLetter) else {
                return false
            }
            return labels.dropLast().allSatisfy { label in !label.isEmpty && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" } }
        }
    }

    /// A slug that a person chose: 3–40 lower-case letters, digits and hyphens, none at an end, no word of ours.
    static func checked(slug: String) throws(InvalidInput) -> String {
        guard isWellFormed(slug: slug), slug.utf8.first != UInt8(ascii: "-"), slug.utf8.last != UInt8(ascii: "-") else {
            let hint = "Use 3 to 40 lower-case letters, digits and hyphens, with no hyphen at an end."
            throw InvalidInput(pointer: "/slug", code: "invalid_format", detail: hint)
        }
        guard !reserved.contains(slug) else {
            throw InvalidInput(pointer: "/slug", code: "reserved", detail: "This word is one of our own addresses. Choose another.")
        }
        return slug
    }

    /// Whether some organization may have this slug. Any other text in its place names no page, whoever asks.
    public static func mayHave(slug: String) -> Bool { isWellFormed(slug: slug) && !reserved.contains(slug) }

    private static func isWellFormed(slug: String) -> Bool {
        (3...40).contains(slug.utf8.count) && slug.utf8.allSatisfy { isSlugLetter($0) || $0 == UInt8(ascii: "-") }
    }

    /// As the API tells it.
    public var json: JSON {
        [
            "id": .string(id.text), "name": .string(name), "slug": .string(slug), "plan": .string(entitlements.plan),
            "entitlements": entitlements.json, "timezone": .string(timezone), "created_at": .string(createdAt.rfc3339),
        ]
    }

    /// What `json` looks like.
    public static let shape = Shape.object([
        Field("id", .string(), example: "org_01jd3w8k4dfk1q2v7c9r5t0xyz"), Field("name", .string(), example: "Acme"),
        Field("slug", .string(), example: "acme"), Field("plan", .string(), help: "The plan in force now.", example: "pro"),
        Field("entitlements", Entitlements.shape, help: "What it grants; null: without limit."),
        Field("timezone", .string(), example: "Europe/Oslo"), Field("created_at", .instant),
    ]).complete.named("Organization")

    /// What may be changed of it.
    public static let fields = [
        Field("name", .string(1...100), help: "What people see.", example: "Acme"),
        Field("slug", .string(3...40), help: "Stands in every address. The old one leads here for 30 days."),
        Field(
            "timezone", .string(1...64), label: "Time zone", help: "For schedules that name none, such as Europe/Oslo.",
            example: "Europe/Oslo"),
    ]

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

    /// Words that are, or may become, first path segments of ours, and such as those who look for holes ask for.
    private static let reserved: Set<String> = [
        "about", "account", "accounts", "actuator", "admin", "administrator", "api", "app", "assets", "auth", "backup", "billing", "blog",
        "cgi-bin", "channels", "config", "console", "dashboard", "debug", "demo", "dev", "docs", "favicon", "graphql", "health", "help",
        "home",
        "invites",
        "jobs", "legal", "livez", "llms", "login", "logout", "metrics", "new", "organization", "organizations", "phpinfo", "phpmyadmin",
        "ping", "plans", "pricing", "prikke", "privacy", "public", "register", "robots", "root", "schemas", "security", "server-status",
        "settings", "sitemap", "status", "support", "swagger", "system", "terms", "theme", "users", "webhooks", "well-known", "wp-admin",
        "wp-login", "www",
    ]
}
