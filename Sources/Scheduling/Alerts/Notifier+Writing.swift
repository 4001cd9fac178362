import JSON
import Postgres
import Tenancy
import Time

/// A delivery that is to be made.
struct Writing: Sendable {
    let id: ID<Delivery>
    let channel: ID<Channel>
    let subject: String?
    let incident: ID<Incident>?
    let message: AlertMessage

    /// The statement that makes them, due at once.
    static func insertion(of all: [Writing], at now: Timestamp, of organization: ID<Organization>) -> Query {
        """
        INSERT INTO deliveries (organization_id, id, channel_id, event, subject, incident_id, message, next_try_at, created_at)
        SELECT \(organization), w.*, \(now)::timestamptz, \(now)::timestamptz
        FROM unnest(\(all.map(\.id)), \(all.map(\.channel)), \(all.map(\.message.event)), \(all.map(\.subject)), \(all.map(\.incident)),
            \(all.map(\.message.json))) AS w
        """
    }
}

extension Notifier {
    /// The statement that writes what was told to whom.
    static func marking(_ marks: [Telling.Mark], of organization: ID<Organization>) -> Query {
        """
        INSERT INTO tellings (organization_id, incident_id, channel_id, opening_told_at, reminded_at, closing_told_at)
        SELECT \(organization), * FROM unnest(\(marks.map(\.incident)), \(marks.map(\.channel)), \(marks.map(\.told.opening)),
            \(marks.map(\.told.reminded)), \(marks.map(\.told.closing)))
        ON CONFLICT (organization_id, incident_id, channel_id)
            DO UPDATE SET reminded_at = excluded.reminded_at, closing_told_at = excluded.closing_told_at
        """
    }

    /// The statement that says when to look at each incident again. One that somebody has changed since it was read, or is about to, stays
    /// as it is, and is looked at again: the engine never waits for this.
    static func looking(
        _ next: [ID<Incident>: Timestamp?], seen: [ID<Incident>: Timestamp], of organization: ID<Organization>
    ) -> Query {
        let changed = next.compactMap { id, time in seen[id].flatMap { $0 == time ? nil : (id: id, seen: $0, next: time) } }
        return """
            UPDATE incidents i SET look_at = v.next FROM (
                SELECT i.id, v.next FROM unnest(\(changed.map(\.id)), \(changed.map(\.seen)), \(changed.map(\.next))) AS v (id, seen, next)
                    JOIN incidents i ON i.organization_id = \(organization) AND i.id = v.id
                WHERE i.look_at = v.seen FOR UPDATE OF i SKIP LOCKED
            ) v WHERE i.organization_id = \(organization) AND i.id = v.id
            """
    }
}
