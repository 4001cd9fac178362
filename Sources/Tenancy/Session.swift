import Postgres
import Time

/// That somebody is signed in, in one browser.
public struct Session: Sendable, Identified {
    public static let prefix = "ses"

    public let id: ID<Session>
    public let user: User
    /// The browser in words, as far as it names itself: "Firefox on Linux".
    public let device: String
    /// The address that it signed in from.
    public let address: String?
    public let createdAt: Timestamp
    /// To within five minutes.
    public let lastUsedAt: Timestamp
    /// Whether the sign-in is younger than ten minutes, as dangerous acts demand.
    public let isRecent: Bool
}

extension Session {
    static let columns: Query = """
        s.id, s.user_id, u.email, s.device, s.address, s.created_at, s.last_used_at, s.created_at > now() - interval '10 minutes' AS is_recent
        """

    init(_ row: Row) throws(PostgresError) {
        id = try row("id")
        user = try User(row)
        device = try row("device")
        address = try row("address")
        createdAt = try row("created_at")
        lastUsedAt = try row("last_used_at")
        isRecent = try row("is_recent")
    }

    /// What a browser's `User-Agent` says of it, in a few words of our own.
    static func device(named userAgent: String) -> String {
        let agent = String(userAgent.prefix(500))
        func first(_ names: [(mark: String, name: String)]) -> String? { names.first { agent.contains($0.mark) }?.name }
        let browser = first([
            ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"),
        ])
        let system = first([
            ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
            ("CrOS", "ChromeOS"),
            ("Linux", "Linux"),
        ])
        return [browser ?? "A browser", system].compactMap(\.self).joined(separator: " on ")
    }
}
