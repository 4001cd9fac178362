import JSON
import Postgres
import Secrets
import Tenancy
import Time

@testable import Prikke
@testable import Scheduling

/// Rows of alerts to be thrown away, each made for one request.
extension Cast {
    /// A channel by URL; there is always room for it.
    func channel(_ members: JSONObject = [:], for access: Access? = nil) async throws -> Channel {
        let access = access ?? self.access
        try await house.database.query(
            """
            UPDATE channels SET deleted_at = now() WHERE organization_id = \(access.organization.id) AND id IN (
                SELECT id FROM channels WHERE name = 'Throw-away' AND deleted_at IS NULL ORDER BY created_at DESC OFFSET 12)
            """)
        var draft: JSONObject = ["name": "Throw-away", "settings": ["url": "https://example.com/alerts/abcd"]]
        for (name, value) in members { draft[name] = value }
        return try await house.services.channels.create(.object(draft), for: access)
    }

    /// An open incident of a job that fails.
    func incident(of job: Job? = nil, isClosed: Bool = false, for access: Access? = nil) async throws -> String {
        let access = access ?? self.access
        let job = if let job { job } else { try await self.job(for: access) }
        let id = ID<Incident>()
        try await house.database.query(
            """
            INSERT INTO incidents (organization_id, id, kind, job_id, subject, reason, detail, count, opened_at, closed_at)
            VALUES (\(access.organization.id), \(id), 'failing', \(job.id), \(job.id.text), 'http_status', 'The target answered 503.', 2,
                now() - interval '2 hours', CASE WHEN \(isClosed) THEN now() END)
            """)
        return id.text
    }

    /// One that has failed; nothing of it is tried again by itself.
    func delivery(to channel: Channel? = nil, of incident: String? = nil, for access: Access? = nil) async throws -> String {
        let access = access ?? self.access
        let channel = if let channel { channel } else { try await self.channel(for: access) }
        let id = ID<Delivery>()
        let message = AlertMessage(
            event: "incident.opened", tone: .bad, title: "Report failed", action: "See it", url: "https://prikke.test/", happenedAt: .now(),
            data: [:])
        try await house.database.batch([
            """
            INSERT INTO deliveries (organization_id, id, channel_id, event, incident_id, message, status, tries, created_at, finished_at, error)
            VALUES (\(access.organization.id), \(id), \(channel.id), \(message.event), \(incident.flatMap { ID<Incident>($0) }),
                \(message.json), 'failed', 1, now(), now(), 'It answered 410.')
            """,
            """
            INSERT INTO delivery_attempts (organization_id, delivery_id, number, started_at, finished_at, status_code, answer, error)
            VALUES (\(access.organization.id), \(id), 1, now(), now(), 410, 'Gone <b>', 'It answered 410.')
            """,
        ])
        return id.text
    }

    /// The token of an outside address that is asked whether it wants alerts, or wants them.
    func channelToken(isConfirmed: Bool) async throws -> String {
        try await house.forgetCounts()
        let address = "outside-\(Token().text.lowercased().prefix(12))@example.org"
        let made = try await channel(["settings": ["to": "address", "address": .string(address)]])
        let token = Token()
        try await house.database.query(
            """
            UPDATE channels SET confirmation = \(Hash.sha256(token.text.utf8)), confirmed_at = CASE WHEN \(isConfirmed) THEN now() END
            WHERE id = \(made.id)
            """)
        return token.text
    }
}
