import JSON
import Postgres
import Time

/// One line of the audit log: who did what, on what, when and from where.
public struct AuditEntry: Sendable, Identified {
    public static let prefix = "aud"

    public let id: ID<AuditEntry>
    public let organizationID: ID<Organization>
    public let at: Timestamp
    public let actor: Actor
    /// What was done, in lower case, such as `job.next_run_moved`.
    public let action: String
    /// On what: its id as it is written outside, with its prefix.
    public let subject: String
    /// What was different; never a secret. Nil: it was not there, or is not there any more.
    public let before: JSON?
    public let after: JSON?
    public let way: Way
    /// The address that the request came from, where there was one.
    public let address: String?

    /// An entry made at `at`, with a new id.
    public init(
        at: Timestamp, of organization: ID<Organization>, by actor: Actor, _ action: String, on subject: String, before: JSON? = nil,
        after: JSON? = nil, way: Way, from address: String? = nil
    ) {
        (id, self.at, organizationID, self.actor) = (ID(at: at), at, organization, actor)
        (self.action, self.subject, self.before, self.after) = (action, subject, before, after)
        (self.way, self.address) = (way, address)
    }

    /// Writes it: to be sent within the transaction that makes the change.
    public var insertion: Query {
        """
        INSERT INTO audit_log (organization_id, id, at, actor, actor_id, action, subject, before, after, via, address)
        VALUES (\(organizationID), \(id), \(at), \(actor.word), \(actor.bearer), \(action), \(subject), \(before), \(after),
            \(way.rawValue), \(address))
        """
    }

    /// Writes it where the condition holds: for a batch that cannot know beforehand whether there will be a change.
    public func insertion(if condition: Query) -> Query {
        """
        INSERT INTO audit_log (organization_id, id, at, actor, actor_id, action, subject, before, after, via, address)
        SELECT \(organizationID), \(id), \(at), \(actor.word), \(actor.bearer)::uuid, \(action), \(subject), \(before), \(after),
            \(way.rawValue), \(address) WHERE \(condition)
        """
    }
}

extension AuditEntry {
    /// Writes many in one statement, each where the condition holds for `a.place`, its place among them, counted from 0.
    public static func insertion(of entries: [AuditEntry], if condition: Query = "true") -> Query {
        """
        INSERT INTO audit_log (organization_id, id, at, actor, actor_id, action, subject, before, after, via, address)
        SELECT a.organization_id, a.id, a.at, a.actor, coalesce(a.user_id, a.key_id), a.action, a.subject, a.before, a.after, a.via, a.address
        FROM (
            SELECT e.*, row_number() OVER () - 1 AS place FROM unnest(
                \(entries.map(\.organizationID)), \(entries.map(\.id)), \(entries.map(\.at)), \(entries.map(\.actor.word)),
                \(entries.map(\.actor.user)), \(entries.map(\.actor.key)), \(entries.map(\.action)), \(entries.map(\.subject)),
                \(entries.map(\.before)), \(entries.map(\.after)), \(entries.map(\.way.rawValue)), \(entries.map(\.address))
            ) AS e (organization_id, id, at, actor, user_id, key_id, action, subject, before, after, via, address)
        ) a WHERE \(condition)
        """
    }

    static let columns: Query = "organization_id, id, at, actor, actor_id, action, subject, before, after, via, address"

    init(_ row: Row) throws(PostgresError) {
        organizationID = try row("organization_id")
        id = try row("id")
        at = try row("at")
        actor = try Actor(row)
        action = try row("action")
        subject = try row("subject")
        before = try row("before")
        after = try row("after")
        way = Way(rawValue: try row("via")) ?? .engine
        address = try row("address")
    }
}
