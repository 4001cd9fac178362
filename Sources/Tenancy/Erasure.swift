import JSON
import Mail
import Postgres
import Time

/// How what is erased is erased.
enum Erasure {
    /// The audit log lets its lines be changed by a transaction that says this first.
    static let begin: Query = "SELECT set_config('prikke.erasing', 'on', true)"

    /// A user: the rows that hang on it go with it; of the audit log's lines only what says who it was. A key that it made stays, and
    /// no longer manages. `addresses`: the one it has, and those it had.
    static func user(_ id: ID<User>, _ addresses: [String], at now: Timestamp) -> [Query] {
        [
            "UPDATE audit_log SET actor = 'erased', actor_id = NULL, address = NULL WHERE actor = 'user' AND actor_id = \(id)",
            """
            UPDATE audit_log SET subject = 'usr_erased', before = before - 'email' - 'user', after = after - 'email' - 'user'
            WHERE subject = \(id.text)
            """,
            """
            UPDATE audit_log SET before = before - 'email', after = after - 'email'
            WHERE before ->> 'email' = ANY (\(addresses)) OR after ->> 'email' = ANY (\(addresses))
            """,
            // Who founded an organization, or handed it over, or got it.
            """
            UPDATE audit_log SET before = \(withoutOwner("before", id)), after = \(withoutOwner("after", id))
            WHERE before ->> 'owner' = \(id.text) OR after ->> 'owner' = \(id.text)
            """,
            "DELETE FROM invites WHERE email = ANY (\(addresses))",
            "DELETE FROM magic_links WHERE email = ANY (\(addresses))",
            Outbox.erasure(of: addresses),
            "DELETE FROM users WHERE id = \(id)",
            "INSERT INTO erasures (id, kind, erased_at) VALUES (\(id), 'user', \(now)) ON CONFLICT DO NOTHING",
        ]
    }

    /// Lines that were being written when their user was erased.
    static let stragglers: Query = """
        UPDATE audit_log SET actor = 'erased', actor_id = NULL, address = NULL WHERE actor = 'user' AND actor_id IN (
            SELECT id FROM erasures WHERE kind = 'user' AND erased_at > now() - interval '1 hour')
        """

    private static func withoutOwner(_ column: Query, _ id: ID<User>) -> Query {
        """
        CASE WHEN \(column) ->> 'owner' = \(id.text) THEN jsonb_set(\(column), '{owner}', '"usr_erased"') ELSE \(column) END
        """
    }

    /// An organization, when the scheduling side has erased its own rows: the rest hangs on its row.
    static func organization(_ id: ID<Organization>, at now: Timestamp) -> [Query] {
        [
            "DELETE FROM organizations WHERE id = \(id) AND erasing_at IS NOT NULL",
            "INSERT INTO erasures (id, kind, erased_at) VALUES (\(id), 'organization', \(now)) ON CONFLICT DO NOTHING",
        ]
    }
}
