import JSON
import Mail
import Postgres
import Time

/// How what is erased is erased.
enum Erasure {
    /// The audit log lets its lines be changed by a transaction that says this first.
    static let begin: Query = "SELECT set_config('prikke.erasing', 'on', true)"

    /// A user: the rows that hang on it go with it; of the audit log's lines only what says who it was. A key that it made stays, and
    /// no longer manages.
    static func user(_ user: User, at now: Timestamp) -> [Query] {
        let (id, email) = (user.id, user.email.text)
        return [
            "UPDATE audit_log SET actor = 'erased', actor_id = NULL, address = NULL WHERE actor = 'user' AND actor_id = \(id)",
            """
            UPDATE audit_log SET subject = 'usr_erased', before = before - 'email' - 'user', after = after - 'email' - 'user'
            WHERE subject = \(id.text)
            """,
            """
            UPDATE audit_log SET before = before - 'email', after = after - 'email'
            WHERE before ->> 'email' = \(email) OR after ->> 'email' = \(email)
            """,
            // Who founded an organization, or handed it over, or got it.
            """
            UPDATE audit_log SET before = \(withoutOwner("before", id)), after = \(withoutOwner("after", id))
            WHERE before ->> 'owner' = \(id.text) OR after ->> 'owner' = \(id.text)
            """,
            "DELETE FROM invites WHERE email = \(email)",
            "DELETE FROM magic_links WHERE email = \(email)",
            Outbox.erasure(of: user.email),
            "DELETE FROM users WHERE id = \(id)",
            "INSERT INTO erasures (id, kind, erased_at) VALUES (\(id), 'user', \(now)) ON CONFLICT DO NOTHING",
        ]
    }

    private static func withoutOwner(_ column: Query, _ id: ID<User>) -> Query {
        """
        CASE WHEN \(column) ->> 'owner' = \(id.text) THEN jsonb_set(\(column), '{owner}', '"usr_erased"') ELSE \(column) END
        """
    }

    /// An organization, when the scheduling side has erased its own rows: the rest hangs on its row.
    static func organization(_ id: ID<Organization>, at now: Timestamp) -> [Query] {
        [
            "DELETE FROM organizations WHERE id = \(id)",
            "INSERT INTO erasures (id, kind, erased_at) VALUES (\(id), 'organization', \(now)) ON CONFLICT DO NOTHING",
        ]
    }
}
