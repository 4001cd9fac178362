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
    /// Of the request that it was done by; nil: it came without an `Idempotency-Key`.
    private let reservation: IdempotencyKeys.Reservation?

    /// An entry made at `at`, with a new id.
    public init(
        at: Timestamp, of organization: ID<Organization>, by actor: Actor, _ action: String, on subject: String, before: JSON? = nil,
        after: JSON? = nil, way: Way, from address: String? = nil
    ) {
        self.init(
            at: at, of: organization, by: actor, action, on: subject, before: before, after: after, way: way, from: address, under: nil)
    }

    init(
        at: Timestamp, of organization: ID<Organization>, by actor: Actor, _ action: String, on subject: String, before: JSON?,
        after: JSON?, way: Way, from address: String?, under reservation: IdempotencyKeys.Reservation?
    ) {
        (id, self.at, organizationID, self.actor) = (ID(at: at), at, organization, actor)
        (self.action, self.subject, self.before, self.after) = (action, subject, before, after)
        (self.way, self.address, self.reservation) = (way, address, reservation)
    }

    /// Writes it: to be sent within the transaction that makes the change.
    public var insertion: Query { insertion(if: "true") }

    /// Writes it where the condition holds: for a batch that cannot know beforehand whether there will be a change.
    ///
    /// Where the request has an `Idempotency-Key`, whoever writes this keeps others from taking it over until the transaction ends; and
    /// who has lost it, having slept for too long, violates the table's NOT NULL, which undoes the change.
    public func insertion(if condition: Query) -> Query {
        let columns: Query = "organization_id, id, at, actor, actor_id, action, subject, before, after, via, address, request_id"
        let values: Query = """
            \(id), \(at)::timestamptz, \(actor.word), \(actor.bearer)::uuid, \(action), \(subject), \(before)::jsonb, \(after)::jsonb,
                \(way.rawValue), \(address)::text
            """
        guard let reservation else {
            return "INSERT INTO audit_log (\(columns)) SELECT \(organizationID), \(values), NULL::uuid WHERE \(condition)"
        }
        return """
            WITH held AS MATERIALIZED (
                SELECT organization_id FROM idempotency_keys
                WHERE organization_id = \(organizationID) AND api_key_id = \(reservation.key) AND name = \(reservation.name)
                    AND request_id = \(reservation.request) FOR SHARE
            )
            INSERT INTO audit_log (\(columns))
            SELECT (SELECT organization_id FROM held), \(values), \(reservation.request) WHERE \(condition)
            """
    }
}

extension AuditEntry {
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
        reservation = nil
    }
}
