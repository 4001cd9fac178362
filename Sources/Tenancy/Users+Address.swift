import JSON
import Mail
import Postgres
import Time

/// Another address: confirmed from the new mailbox, told to the old one, and taken back from there.
extension Users {
    private static let confirmation: Duration = .seconds(3_600)
    private static let regret: Duration = .seconds(72 * 3_600)

    /// Mails a link to a new address; the old one holds until that is followed. Throws `InvalidInput` at `/email`,
    /// `Denial.recentSignInNeeded`, `.tryLater`.
    public func askToChangeAddress(to text: String, in session: Session) async throws {
        guard session.isRecent else { throw Denial.recentSignInNeeded }
        let email = try EmailAddress.checked(text)
        guard email != session.user.email else {
            throw InvalidInput(pointer: "/email", code: "not_allowed", detail: "This is the address that you have. Give another one.")
        }
        if let seconds = try await limits.refusal([(.addressChanges, session.user.id.text), (.linksToAddressDaily, email.text)]) {
            throw Denial.tryLater(seconds: seconds)
        }
        let token = Token()
        try await database.transaction { transaction in
            let now: Timestamp = try await transaction.query("SELECT now() AS now").only("now")
            let end = now.adding(Self.confirmation)
            try await transaction.batch([
                "DELETE FROM magic_links WHERE user_id = \(session.user.id) AND purpose = 'new_address'",
                Self.link(token, for: "new_address", to: email, of: session.user.id, at: now, until: end),
                try mails.confirmAddress(token, to: email, from: session.user.email, at: now, expiresAt: end),
            ])
        }
    }

    /// The new address that a link confirms, for its own user; nil: the link is over, or another user's.
    public func newAddress(_ text: String, of user: ID<User>) async throws -> EmailAddress? {
        guard let token = Token(text) else { return nil }
        let rows = try await database.query(
            """
            SELECT email FROM magic_links WHERE token_hash = \(token.hash) AND purpose = 'new_address' AND user_id = \(user)
                AND used_at IS NULL AND expires_at > now()
            """)
        return try rows.first.map { try EmailAddress(stored: $0("email")) }
    }

    /// Changes the address to the one that a link was mailed to. All other sessions end, and the old address is told, with a link
    /// that takes it back for 72 hours. Throws `Denial.notFound`, `.recentSignInNeeded`, `.addressTaken`.
    public func changeAddress(with text: String, in session: Session) async throws {
        guard let token = Token(text) else { throw Denial.notFound }
        let (user, old, undo) = (session.user.id, session.user.email, Token())
        try await unlessTaken {
            try await database.transaction { transaction in
                let used = try await transaction.query(
                    """
                    UPDATE magic_links SET used_at = now() WHERE token_hash = \(token.hash) AND purpose = 'new_address'
                        AND user_id = \(user) AND used_at IS NULL AND expires_at > now() RETURNING email, now() AS now
                    """)
                guard let row = used.first else { throw Denial.notFound }
                let email = try EmailAddress(stored: row("email"))
                guard try await !Self.isReserved(email, but: user, in: transaction) else { throw Denial.addressTaken }
                let now: Timestamp = try row("now")
                let end = now.adding(Self.regret)
                try await transaction.batch(
                    [
                        "UPDATE users SET email = \(email.text) WHERE id = \(user)", Sessions.ending(of: user, but: session.id),
                        "DELETE FROM magic_links WHERE email = \(old.text) AND purpose = 'sign_in'",
                        Self.keeping(old.text, as: user), Self.link(undo, for: "old_address", to: old, of: user, at: now, until: end),
                        try mails.addressChanged(undo, to: old, now: email, at: now),
                    ])
            }
        }
    }

    /// The address that a link takes back, and would be the user's again; nil: the link is over.
    public func oldAddress(_ text: String) async throws -> EmailAddress? {
        guard let token = Token(text) else { return nil }
        let rows = try await database.query(
            """
            SELECT email FROM magic_links WHERE token_hash = \(token.hash) AND purpose = 'old_address' AND used_at IS NULL
                AND expires_at > now()
            """)
        return try rows.first.map { try EmailAddress(stored: $0("email")) }
    }

    /// Takes a change of address back: whoever reads the old mailbox may. All sessions end. Throws `Denial.notFound`, `.addressTaken`.
    public func takeAddressBack(with text: String) async throws {
        guard let token = Token(text) else { throw Denial.notFound }
        try await unlessTaken {
            try await database.transaction { transaction in
                let used = try await transaction.query(
                    """
                    UPDATE magic_links SET used_at = now() WHERE token_hash = \(token.hash) AND purpose = 'old_address'
                        AND used_at IS NULL AND expires_at > now() RETURNING user_id, email, created_at
                    """)
                guard let row = used.first else { throw Denial.notFound }
                let (user, email) = (try row("user_id", as: ID<User>.self), try row("email", as: String.self))
                try await transaction.batch([
                    // What the new address was mailed is of no more use, and neither are changes since. An earlier one can still be
                    // taken back: of two mailboxes the one that was the user's first counts.
                    "DELETE FROM magic_links WHERE email = (SELECT email FROM users WHERE id = \(user)) AND purpose = 'sign_in'",
                    """
                    DELETE FROM magic_links WHERE user_id = \(user) AND used_at IS NULL
                        AND (purpose = 'new_address' OR created_at > \(try row("created_at", as: Timestamp.self)))
                    """,
                    """
                    INSERT INTO former_addresses (user_id, email) SELECT id, email FROM users WHERE id = \(user) ON CONFLICT DO NOTHING
                    """,
                    "UPDATE users SET email = \(email) WHERE id = \(user)", Sessions.ending(of: user, but: nil),
                    "DELETE FROM known_browsers WHERE user_id = \(user)",
                ])
            }
        }
    }

    /// Whether some user but this one may still take the address back.
    static func isReserved(_ email: EmailAddress, but user: ID<User>?, in transaction: Transaction) async throws -> Bool {
        try await transaction.query(
            """
            SELECT EXISTS (SELECT FROM magic_links WHERE email = \(email.text) AND purpose = 'old_address' AND used_at IS NULL
                AND expires_at > now() AND user_id IS DISTINCT FROM \(user)) AS is_reserved
            """
        ).only("is_reserved")
    }

    private static func keeping(_ address: String, as user: ID<User>) -> Query {
        "INSERT INTO former_addresses (user_id, email) VALUES (\(user), \(address)) ON CONFLICT DO NOTHING"
    }

    private func unlessTaken(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let error as PostgresError where error.constraint == "users_email_key" { throw Denial.addressTaken }
    }

    private static func link(
        _ token: Token, for purpose: String, to email: EmailAddress, of user: ID<User>, at now: Timestamp, until end: Timestamp
    ) -> Query {
        """
        INSERT INTO magic_links (id, purpose, token_hash, email, user_id, created_at, expires_at)
        VALUES (\(ID<MagicLink>()), \(purpose), \(token.hash), \(email.text), \(user), \(now), \(end))
        """
    }
}
