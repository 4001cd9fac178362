import JSON
import Postgres
import Tenancy
import Time

/// Incidents that never were and what was told of them, so that a demo has something to show. For development.
public struct InventedAlerts: Sendable {
    /// An incident as it is to have been.
    public struct Entry: Sendable {
        let job: ID<Job>?
        let host: String?
        let kind: Incident.Kind
        let reason: Reason?
        let detail: String
        let count: Int
        /// So long ago, in seconds.
        let openedAgo: Int64
        /// Nil: it is still open.
        let closedAgo: Int64?

        /// Of a job; nil: of the host.
        public init(
            _ kind: Incident.Kind, of job: ID<Job>?, host: String? = nil, _ reason: Reason? = nil, _ detail: String, count: Int = 1,
            from openedAgo: Int64, to closedAgo: Int64? = nil
        ) {
            (self.kind, self.job, self.host, self.reason, self.detail) = (kind, job, host, reason, detail)
            (self.count, self.openedAgo, self.closedAgo) = (count, openedAgo, closedAgo)
        }

        fileprivate var subject: String { job?.text ?? "host:\(host ?? "")" }
        fileprivate var name: String { job == nil ? host ?? "" : detail }
    }

    private let database: Database

    public init(_ engine: Engine) { database = engine.database }

    /// Writes them, told to each of these channels; one that is there already stays.
    public func write(_ entries: [Entry], to channels: [Channel], for access: Access) async throws {
        let now: Timestamp = try await database.query("SELECT now() AS now").only("now")
        for entry in entries {
            let id = ID<Incident>(at: now.adding(.seconds(-entry.openedAgo)))
            let made = try await database.query(incident(entry, id, at: now, for: access))
            guard made.affected > 0 else { continue }
            for channel in channels { try await database.batch(told(entry, id, to: channel, at: now, for: access)) }
        }
    }

    private func incident(_ entry: Entry, _ id: ID<Incident>, at now: Timestamp, for access: Access) -> Query {
        """
        INSERT INTO incidents (organization_id, id, kind, job_id, host, subject, reason, detail, count, opened_at, closed_at)
        VALUES (\(access.organization.id), \(id), \(entry.kind.rawValue), \(entry.job), \(entry.host), \(entry.subject),
            \(entry.reason?.rawValue), \(entry.detail), \(Int32(entry.count)), \(now.adding(.seconds(-entry.openedAgo))),
            \(entry.closedAgo.map { now.adding(.seconds(-$0)) }))
        ON CONFLICT DO NOTHING
        """
    }

    /// That it failed, and that it is over where it is. What is off refused it.
    private func told(_ entry: Entry, _ id: ID<Incident>, to channel: Channel, at now: Timestamp, for access: Access) -> [Query] {
        let opened = now.adding(.seconds(1 - entry.openedAgo))
        let closed = entry.kind.recovers ? entry.closedAgo.map { now.adding(.seconds(1 - $0)) } : nil
        let telling: Query = """
            INSERT INTO tellings (organization_id, incident_id, channel_id, opening_told_at, closing_told_at)
            VALUES (\(access.organization.id), \(id), \(channel.id), \(opened), \(closed)) ON CONFLICT DO NOTHING
            """
        let messages = [("incident.opened", opened)] + (closed.map { [("incident.recovered", $0)] } ?? [])
        return [telling]
            + messages.flatMap { event, time in delivery(event, at: time, of: entry, id, to: channel, for: access) }
    }

    private func delivery(
        _ event: String, at time: Timestamp, of entry: Entry, _ incident: ID<Incident>, to channel: Channel, for access: Access
    ) -> [Query] {
        let (id, isOff) = (ID<Delivery>(at: time), channel.state == .switchedOff)
        let title = event == "incident.opened" ? "Something failed: \(entry.name)" : "It works again: \(entry.name)"
        let message = AlertMessage(
            event: event, tone: event == "incident.opened" ? .bad : .good, title: title, action: "See it", url: "https://prikke.example/",
            happenedAt: time, data: [:])
        let delivery: Query = """
            INSERT INTO deliveries (
                organization_id, id, channel_id, event, subject, incident_id, message, status, tries, created_at, finished_at, error)
            VALUES (\(access.organization.id), \(id), \(channel.id), \(event), \(entry.subject), \(incident), \(message.json),
                \(isOff ? "failed" : "sent"), 1, \(time), \(time.adding(.milliseconds(310))), \(isOff ? "Slack answered 404: no_service." : nil))
            """
        guard channel.kind != Channels.email else { return [delivery] }
        return [
            delivery,
            """
            INSERT INTO delivery_attempts (organization_id, delivery_id, number, started_at, finished_at, status_code, answer, error)
            VALUES (\(access.organization.id), \(id), 1, \(time), \(time.adding(.milliseconds(310))), \(Int16(isOff ? 404 : 200)),
                \(isOff ? "no_service" : "ok"), \(isOff ? "Slack answered 404: no_service." : nil))
            """,
        ]
    }

    /// Has a channel stand as if Prikke had switched it off.
    public func switchOff(_ channel: Channel, because reason: String, for access: Access) async throws {
        try await database.query(
            """
            UPDATE channels SET switched_off_at = now() - interval '3 hours', switched_off_reason = \(reason)
            WHERE organization_id = \(access.organization.id) AND id = \(channel.id)
            """)
    }
}
