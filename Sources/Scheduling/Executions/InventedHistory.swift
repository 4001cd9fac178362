import JSON
import Postgres
import Tenancy
import Time

/// History that never was, so that a demo has something to show. For development: what is written here no schedule expected and no
/// reconciler looks for, because it lies before its job was made.
public struct InventedHistory: Sendable {
    /// An execution, or a stretch of occurrences that did not run, as it is to have been.
    public struct Entry: Sendable {
        public let scheduledFor: Timestamp
        public var status = ExecutionStatus.success
        public var reason: Reason?
        public var message: String?
        public var trigger = ExecutionTrigger.schedule
        public var statusCode: Int?
        /// Nil: it did not run.
        public var durationMs: Int?
        public var latenessMs = 3
        /// So many tries; those before the last failed as `reason`, or with 503.
        public var attempts = 1
        /// More than 1: it stands for so many, up to `last`.
        public var count = 1
        public var last: Timestamp?
        public var body = [UInt8]("ok".utf8)
        public var contentType = "text/plain"
        /// How long the body was, where what is kept of it is less; nil: as long as `body`.
        public var size: Int?

        /// One that succeeded; everything else is to be said of it.
        public init(at time: Timestamp, durationMs: Int? = nil) { (scheduledFor, self.durationMs) = (time, durationMs) }

        /// Of the last try.
        fileprivate var startedAt: Timestamp? { durationMs.map { _ in start(of: attempts) } }
        fileprivate func start(of attempt: Int) -> Timestamp {
            scheduledFor.adding(.milliseconds(latenessMs) + Self.betweenAttempts * (attempt - 1))
        }
        private static let betweenAttempts: Duration = .seconds(20)
        fileprivate var finishedAt: Timestamp { (startedAt ?? scheduledFor).adding(.milliseconds(durationMs ?? 0)) }
    }

    private let engine: Engine
    private static let batch = 500

    public init(_ engine: Engine) { self.engine = engine }

    /// Writes it, oldest first, and has the job stand as after the last of them.
    public func write(_ entries: [Entry], of job: Job, for access: Access) async throws {
        let keepDays = access.entitlements.keepDays
        try await engine.partitions.ensure(entries.map { (keepDays, $0.scheduledFor) })
        let rows = entries.map { (id: ID<Execution>(at: $0.scheduledFor), entry: $0) }
        for start in stride(from: 0, to: rows.count, by: Self.batch) {
            let part = Array(rows[start..<min(start + Self.batch, rows.count)])
            try await engine.database.batch([
                executions(part, of: job, for: access), attempts(part, of: job, for: access), usage(part, for: access),
            ])
        }
        guard let last = rows.last(where: { $0.entry.durationMs != nil }) else { return }
        try await engine.database.query(state(after: last.id, entries, of: job, for: access))
    }

    private typealias Row = (id: ID<Execution>, entry: Entry)

    private func executions(_ rows: [Row], of job: Job, for access: Access) -> Query {
        let entries = rows.map(\.entry)
        return """
            INSERT INTO executions (organization_id, keep_days, job_id, id, scheduled_for, trigger, status, reason, error_message, attempt,
                started_at, finished_at, status_code, duration_ms, lateness_ms, count, last_scheduled_for)
            SELECT \(access.organization.id), \(Int16(access.entitlements.keepDays)), \(job.id), * FROM unnest(
                \(rows.map(\.id)), \(entries.map(\.scheduledFor)), \(entries.map(\.trigger.rawValue)), \(entries.map(\.status.rawValue)),
                \(entries.map { $0.reason?.rawValue }), \(entries.map(\.message)), \(entries.map { Int16($0.attempts) }),
                \(entries.map(\.startedAt)), \(entries.map(\.finishedAt)), \(entries.map { $0.statusCode.map { Int16($0) } }),
                \(entries.map { $0.durationMs.map { Int32($0) } }),
                \(entries.map { $0.durationMs == nil ? Int32?.none : Int32($0.latenessMs) }), \(entries.map { Int32($0.count) }),
                \(entries.map(\.last)))
            ON CONFLICT DO NOTHING
            """
    }

    private func attempts(_ rows: [Row], of job: Job, for access: Access) -> Query {
        let tries = rows.filter { $0.entry.durationMs != nil }.flatMap { row in
            (1...row.entry.attempts).map { Try(row.id, row.entry, number: $0) }
        }
        let request: JSON = [
            "method": job.definition.config["method"] ?? "GET", "url": job.definition.config["url"] ?? "", "body": "",
            "headers": [["Accept", "*/*"], ["Prikke-Job-Id", .string(job.id.text)]],
        ]
        return """
            INSERT INTO attempts (organization_id, keep_days, node_id, request, remote_address, dns_us, connect_us, execution_id,
                scheduled_for, number, status, reason, started_at, finished_at, status_code, queue_us, first_byte_us, total_us,
                response_headers, response_body, response_size, response_truncated)
            SELECT \(access.organization.id), \(Int16(access.entitlements.keepDays)), \(engine.node), \(request), '127.0.0.1', 0, 180, *
            FROM unnest(
                \(tries.map(\.id)), \(tries.map(\.entry.scheduledFor)), \(tries.map { Int16($0.number) }),
                \(tries.map { $0.outcome.status.rawValue }), \(tries.map { $0.outcome.reason?.rawValue }), \(tries.map(\.startedAt)),
                \(tries.map(\.finishedAt)), \(tries.map { $0.statusCode.map { Int16($0) } }), \(tries.map(\.queued)),
                \(tries.map { $0.statusCode == nil ? Int64?.none : $0.total * 9 / 10 }), \(tries.map(\.total)), \(tries.map(\.headers)),
                \(tries.map { $0.statusCode == nil ? [UInt8]?.none : $0.body }),
                \(tries.map { $0.statusCode == nil ? Int64?.none : Int64($0.size) }), \(tries.map { $0.size > $0.body.count }))
            ON CONFLICT DO NOTHING
            """
    }

    private func usage(_ rows: [Row], for access: Access) -> Query {
        """
        INSERT INTO usage_counters AS u (organization_id, month, executions)
        SELECT \(access.organization.id), date_trunc('month', t AT TIME ZONE 'UTC')::date, count(*)
        FROM unnest(\(rows.filter { $0.entry.durationMs != nil }.map(\.entry.finishedAt))) AS t GROUP BY 2
        ON CONFLICT (organization_id, month) DO UPDATE SET executions = u.executions + excluded.executions
        """
    }

    private func state(after last: ID<Execution>, _ entries: [Entry], of job: Job, for access: Access) -> Query {
        let ran = entries.filter { $0.durationMs != nil && $0.status != .cancelled }
        let failures = ran.reversed().prefix { $0.status != .success }.count
        let scheduled = entries.last { $0.trigger == .schedule && ($0.status == .missed || $0.status == .success) }
        let isLate = scheduled.map { $0.status == .missed || Duration.milliseconds($0.latenessMs) > Lateness.tolerance } ?? false
        let health = failures > 0 ? "failing" : isLate ? "late" : "healthy"
        let end = entries.last { $0.durationMs != nil }
        return """
            UPDATE job_states SET health = \(health), consecutive_failures = \(Int32(failures)), last_execution_id = \(last),
                last_status = \(end?.status.rawValue), last_finished_at = \(end?.finishedAt),
                late_for = \(isLate ? scheduled?.scheduledFor : nil)
            WHERE organization_id = \(access.organization.id) AND job_id = \(job.id) AND last_execution_id IS NULL
            """
    }
}

/// One try of an invented execution.
private struct Try {
    let id: ID<Execution>
    let entry: InventedHistory.Entry
    let number: Int

    init(_ id: ID<Execution>, _ entry: InventedHistory.Entry, number: Int) { (self.id, self.entry, self.number) = (id, entry, number) }

    private var isLast: Bool { number == entry.attempts }

    var outcome: (status: ExecutionStatus, reason: Reason?) {
        if isLast || entry.status == .timeout { return (entry.status == .cancelled ? .failed : entry.status, entry.reason) }
        return (.failed, entry.reason ?? .httpStatus)
    }
    var statusCode: Int? { isLast ? entry.statusCode : entry.statusCode.map { $0 < 400 ? 503 : $0 } }
    var startedAt: Timestamp { entry.start(of: number) }
    var total: Int64 { Int64(entry.durationMs ?? 0) * 1_000 }
    var finishedAt: Timestamp { startedAt.adding(.microseconds(total)) }
    var queued: Int64 { Int64(entry.latenessMs) * 1_000 }
    var body: [UInt8] { isLast ? entry.body : Array("Service Unavailable".utf8) }
    var size: Int { isLast ? entry.size ?? entry.body.count : body.count }
    var headers: JSON? { statusCode == nil ? Optional<JSON>.none : [["Content-Type", .string(isLast ? entry.contentType : "text/plain")]] }
}
