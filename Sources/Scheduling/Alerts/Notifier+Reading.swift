import JSON
import Postgres
import Tenancy
import Time

/// What a decision is made of.
extension Notifier {
    /// Of more that are pending in one organization the others come at the next look.
    private static let mostPending = 20_000

    /// Nil: the organization is gone, or on its way.
    func context(of organization: ID<Organization>, at now: Timestamp, in transaction: Transaction) async throws -> AlertContext? {
        let row = try await transaction.query(
            "SELECT name, slug FROM organizations WHERE id = \(organization) AND deleted_at IS NULL"
        ).first
        return try row.map { row in
            AlertContext(organization: organization, slug: try row("slug"), name: try row("name"), links: links, now: now)
        }
    }

    /// With when each incident was to be looked at.
    func read(
        _ organization: ID<Organization>, at now: Timestamp, isHeld: Bool, in transaction: Transaction
    ) async throws -> (Telling, looks: [ID<Incident>: Timestamp]) {
        let day = now.adding(.zero - Telling.reminder - Telling.quiet)
        let minute = now.adding(.zero - Telling.minute)
        let results = try await transaction.batch([
            """
            SELECT \(Incident.columns), look_at,
                (SELECT j.alerts FROM jobs j WHERE j.organization_id = i.organization_id AND j.id = i.job_id) AS alerts
            FROM incidents i WHERE organization_id = \(organization) AND look_at IS NOT NULL ORDER BY look_at LIMIT \(Int64(Self.mostPending))
            """,
            """
            SELECT id FROM channels WHERE organization_id = \(organization) AND \(Channel.isUsable) ORDER BY created_at, id
            """,
            """
            SELECT subject, least(until, \(Timestamp.endOfTime)) AS until FROM silences
            WHERE organization_id = \(organization) AND until > \(now)
            """,
            """
            SELECT t.* FROM incidents i JOIN tellings t ON t.organization_id = i.organization_id AND t.incident_id = i.id
            WHERE i.organization_id = \(organization) AND i.look_at IS NOT NULL
            """,
            """
            SELECT t.channel_id, s.subject, max(greatest(t.opening_told_at, t.reminded_at, t.closing_told_at)) AS last,
                max(t.closing_told_at) AS recovered
            FROM (SELECT DISTINCT subject FROM incidents WHERE organization_id = \(organization) AND look_at IS NOT NULL) s
                JOIN incidents i ON i.organization_id = \(organization) AND i.subject = s.subject
                    AND (i.closed_at IS NULL OR i.closed_at > \(day))
                JOIN tellings t ON t.organization_id = i.organization_id AND t.incident_id = i.id
            GROUP BY t.channel_id, s.subject
            """,
            """
            SELECT channel_id, created_at, event = 'incidents.digest' AND subject IS NULL AS is_wide FROM deliveries
            WHERE organization_id = \(organization) AND created_at > \(minute) AND event LIKE 'incident%'
            """,
        ])
        var telling = Telling(now: now, isHeld: isHeld)
        var looks: [ID<Incident>: Timestamp] = [:]
        for row in results[0] {
            let incident = try Incident(row)
            looks[incident.id] = try row("look_at")
            telling.pending.append(.init(incident: incident, audience: .init(try row("alerts", as: JSON?.self))))
        }
        telling.channels = try results[1].map { try $0("id") }
        for row in results[2] { telling.silences[try row("subject")] = try row("until") }
        for row in results[3] {
            telling.told[try row("incident_id"), default: [:]][try row("channel_id")] = Telling.Told(
                opening: try row("opening_told_at"), reminded: try row("reminded_at"), closing: try row("closing_told_at"))
        }
        for row in results[4] {
            let place = Telling.Place(channel: try row("channel_id"), subject: try row("subject"))
            (telling.lastTold[place], telling.lastRecovered[place]) = (try row("last"), try row("recovered"))
        }
        for row in results[5] {
            let (channel, time): (ID<Channel>, Timestamp) = (try row("channel_id"), try row("created_at"))
            telling.recent.append(time)
            if try row("is_wide") { telling.lastDigest[channel] = max(telling.lastDigest[channel] ?? time, time) }
        }
        return (telling, looks)
    }

    /// Looks up what is said of jobs and executions in these.
    func name(_ news: [Telling.News], in context: inout AlertContext, in transaction: Transaction) async throws {
        let jobs = Set(news.flatMap(\.named).compactMap(\.jobID))
        guard !jobs.isEmpty else { return }
        let rows = try await transaction.query(
            """
            SELECT id, key, name, schedule, schedule_set_at FROM jobs
            WHERE organization_id = \(context.organization) AND id = ANY (\(Array(jobs)))
            """)
        for row in rows {
            let job = AlertContext.NamedJob(
                id: try row("id"), key: try row("key"), name: try row("name"),
                schedule: JobSchedule.words(try row("schedule", as: JSON?.self) ?? .null, setAt: try row("schedule_set_at")))
            context.jobs[job.id] = job
        }
        let ids = Set(news.compactMap { $0.only?.executionID })
        guard !ids.isEmpty else { return }
        for execution in try await executions.ended(Array(ids), of: context.organization) { context.executions[execution.id] = execution }
    }
}

extension Channel {
    /// SQL: whether anything may go to a row of `channels`.
    static let isUsable: Query = "enabled AND confirmed_at IS NOT NULL AND switched_off_at IS NULL AND deleted_at IS NULL"
}

extension Telling.Audience {
    /// What a job's `alerts` say; of no job: nothing.
    init(_ alerts: JSON?) {
        let channels = (alerts?["channels"]?.array ?? []).compactMap(\.string).compactMap { ID<Channel>($0) }
        self = alerts == "off" ? .nobody : channels.isEmpty ? .organization : .only(Set(channels))
    }
}
