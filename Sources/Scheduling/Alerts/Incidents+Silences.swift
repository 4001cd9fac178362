import JSON
import Postgres
import Tenancy
import Time

/// Silence that somebody asked for: nobody is told anything about its subject while it lasts. What is still wrong at its end is told then.
public struct Silence: Sendable, Equatable {
    /// Nil: until somebody ends it.
    public let until: Timestamp?

    /// Stands for no end where a timestamp must stand: none that people write is as late.
    static let endless = Timestamp.endOfTime

    init(_ until: Timestamp) { self.until = until >= Self.endless ? nil : until }
}

extension Incidents {
    /// Nobody is told anything about what the incident is about (its job, or its host with all jobs that call it), until a time; nil:
    /// until somebody ends that. Throws `InvalidInput` at `/until` for a time that is over.
    public func mute(_ incident: Incident, until: Timestamp?, for access: Access) async throws -> Incident {
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            if let until, until <= now || until >= Silence.endless {
                throw InvalidInput(pointer: "/until", code: "out_of_range", detail: "Choose a time to come, or null for no end.")
            }
            let organization = access.organization.id
            let end: Query = until.map { "\($0)" } ?? "'infinity'"
            try await transaction.batch([
                """
                INSERT INTO silences (organization_id, subject, until, created_at) VALUES (\(organization), \(incident.subject), \(end), \(now))
                ON CONFLICT (organization_id, subject) DO UPDATE SET until = excluded.until, created_at = excluded.created_at
                """,
                // It may have something to tell when that is over.
                """
                UPDATE incidents SET look_at = \(until)
                WHERE organization_id = \(organization) AND subject = \(incident.subject) AND closed_at IS NULL
                """,
                access.entry(
                    at: now, "alerts.muted", on: incident.subject,
                    after: ["until": until.map { .string($0.rfc3339) } ?? .null, "incident": .string(incident.id.text)]
                ).insertion,
                Happening.notice([.alerts(of: organization)], database),
            ])
            return try await find(incident.id, for: access, over: transaction)
        }
    }

    /// Ends the silence: what is still wrong is told now.
    public func unmute(_ incident: Incident, for access: Access) async throws -> Incident {
        try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let organization = access.organization.id
            let ended = try await transaction.query(
                "DELETE FROM silences WHERE organization_id = \(organization) AND subject = \(incident.subject)")
            guard ended.affected > 0 else { return incident }
            try await transaction.batch(
                [
                    """
                    UPDATE incidents SET look_at = \(now)
                    WHERE organization_id = \(organization) AND subject = \(incident.subject) AND closed_at IS NULL
                    """,
                    access.entry(at: now, "alerts.unmuted", on: incident.subject, after: ["incident": .string(incident.id.text)]).insertion,
                ] + Deliveries.wake(organization, database))
            return try await find(incident.id, for: access, over: transaction)
        }
    }
}
