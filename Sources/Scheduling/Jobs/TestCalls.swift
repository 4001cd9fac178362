import JSON
import Postgres
import Secrets
import Tenancy
import Time

/// The door to test calls: one real call of a job, by the same plugin and through the same guard as any, which is no execution: not
/// counted, not retried, in no history. Its whole result is the answer.
public struct TestCalls: Sendable {
    private let jobs: Jobs
    private let signing: SigningSecrets
    private let limits: RateLimits

    public init(_ jobs: Jobs, signing: SigningSecrets, limits: RateLimits) {
        (self.jobs, self.signing, self.limits) = (jobs, signing, limits)
    }

    /// Somebody waits for it.
    static let longest: Duration = .seconds(60)

    /// What is answered: an attempt, which no node has recorded.
    public static let shape = Attempt.shape

    /// Calls what a job calls. Throws `Refusal`, `Denial.tryLater`.
    public func call(_ job: Job, for access: Access) async throws -> Attempt {
        let organization = access.organization.id
        let opened = job.secrets.sealed.map { jobs.secrets.open($0, of: job.id, organization) ?? [:] } ?? [:]
        let config = job.definition.config.unmasked(with: opened.merging(job.secrets.plain))
        return try await call(job.definition, config, as: job.id, named: job.id.text, for: access)
    }

    /// Calls what a job would call that is not saved; `old`: what it would be a change of, whose secrets it keeps where it says ***. Throws
    /// `InvalidInput`, and as above.
    public func call(draft: JSON, changing old: Job? = nil, for access: Access) async throws -> Attempt {
        let id = old?.id ?? ID<Job>()
        let reading = try jobs.read(draft, of: id, changing: old, for: access, now: jobs.engine.clock.now())
        let values = reading.sealed.flatMap { jobs.secrets.open($0, of: id, access.organization.id) } ?? [:]
        let config = reading.definition.config.unmasked(with: values)
        return try await call(reading.definition, config, as: id, named: access.organization.id.text, for: access)
    }

    private func call(
        _ definition: JobDefinition, _ config: JSON, as id: ID<Job>, named subject: String, for access: Access
    ) async throws -> Attempt {
        try jobs.check(definition, against: access.entitlements)
        try await limits.countTestCall(for: access)
        let plugin = jobs.plugins[definition.plugin]
        let begin = jobs.engine.clock.now()
        let said = plugin?.audited(definition.config) ?? [:]
        try await jobs.database.query(
            access.entry(at: begin, "job.tested", on: subject, after: ["plugin": .string(definition.plugin), "config": said]).insertion)
        let secrets = try await signingSecrets(for: access)
        let call = JobCall(
            organizationID: access.organization.id, jobID: id, executionID: ID(at: begin), attempt: 1, trigger: .manual,
            scheduledFor: begin, startedAt: begin, lateness: .zero, config: config, override: nil,
            timeout: min(Self.longest, .milliseconds(Int(definition.timeoutMs))), success: SuccessRules(definition.success),
            signingSecrets: secrets)
        let isWhole = config.masks.isEmpty || !(plugin?.secrets(in: config) ?? []).contains { config.value(at: $0) == ConfigPath.mask }
        let outcome = isWhole ? await plugin?.run(call) ?? Outcome(reason: .pluginMissing) : .unopened
        if let host = plugin?.host(of: config) { try await count(outcome, of: host, for: access) }
        return Attempt(outcome, from: begin, to: max(begin, jobs.engine.clock.now()), node: jobs.engine.node)
    }

    /// The circuit breaker of the host hears of it, as of any call.
    private func count(_ outcome: Outcome, of host: String, for access: Access) async throws {
        let (now, database) = (jobs.engine.clock.now(), jobs.database)
        let areAllWell = outcome.reason == nil
        let rows = try await database.query(
            """
            WITH tested AS MATERIALIZED (
                SELECT i.*, \(Breakers.isDown) AS is_down FROM (SELECT \(access.organization.id)::uuid AS organization_id, \(host)::text AS host,
                    NULL::uuid AS id, \(outcome.status.rawValue)::text AS status, \(outcome.reason?.rawValue)::text AS reason,
                    \(outcome.message)::text AS error_message, \(outcome.statusCode.map { Int32(clamping: $0) })::integer AS status_code,
                    \(now)::timestamptz AS finished_at) i
            ),
            \(Breakers.counting("tested", areAllWell: areAllWell, where: "true", now: now))
            news AS (
                SELECT organization_id FROM tripped UNION ALL SELECT organization_id FROM answered WHERE opened_at IS NOT NULL
            ),
            rung AS MATERIALIZED (\(Incident.ringing("news", database))),
            changed AS MATERIALIZED (\(Breakers.ringing(database)))
            SELECT (SELECT count(*) FROM changed) > 0 AS has_news WHERE (SELECT count(*) FROM rung) >= 0
            """)
        // The rescuers let go of what waits, within a second.
        if try rows.only("has_news") as Bool { try await jobs.engine.breakers.load(from: database) }
    }

    private func signingSecrets(for access: Access) async throws -> [[UInt8]] {
        let rows = try await jobs.database.query(
            """
            SELECT sealed FROM signing_secrets WHERE organization_id = \(access.organization.id)
                AND (expires_at IS NULL OR expires_at > now()) ORDER BY created_at DESC
            """)
        return signing.open(try rows.map { try $0("sealed") as [UInt8] }, of: access.organization.id)
    }
}

extension Attempt {
    /// What an outcome looks like once it is recorded.
    fileprivate init(_ outcome: Outcome, from begin: Timestamp, to end: Timestamp, node: ID<Node>) {
        let record = outcome.record
        number = 1
        (status, reason, errorMessage) = (outcome.status, outcome.reason, outcome.message)
        (startedAt, finishedAt, statusCode) = (begin, end, outcome.statusCode)
        (remoteAddress, nodeID) = (record.remoteAddress, node)
        timings = [
            ("queue", 0), ("dns", record.resolve), ("connect", record.connect), ("tls", record.tls), ("first_byte", record.firstByte),
            ("total", begin.duration(to: end).microseconds),
        ]
        (request, responseHeaders) = (record.request, record.responseHeaders)
        response = Execution.Response(record)
    }
}

extension Execution.Response {
    fileprivate init?(_ record: CallRecord) {
        guard let body = record.responseBody else { return nil }
        let headers = record.responseHeaders?.array ?? []
        self.init(
            body: body, size: record.responseSize ?? body.count, isTruncated: record.isTruncated,
            contentType: headers.lazy.compactMap(\.array).first { $0.first?.string?.lowercased() == "content-type" }?.last?.string)
    }
}
