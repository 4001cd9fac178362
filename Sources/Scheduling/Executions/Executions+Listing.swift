import JSON
import Postgres
import Tenancy
import Time

/// Lists. History has a table for each retention and day, some hundred and fifty, and to plan a statement over all of them takes
/// fifty times as long as to carry it out; so there are few statements, the same whatever is asked for, each planned once and for
/// all (`plannedOnce`): then a page of a million executions takes a few milliseconds. The retentions stand in it one by one,
/// because only within one can the days be gone through in order, and no more of them than it takes.
extension Executions {
    /// Of which jobs.
    enum Scope {
        case all
        case job(ID<Job>)
        /// Each is asked for by itself, however much the others have.
        case few([ID<Job>])
        case many([ID<Job>])

        /// Of more jobs than this, what all have is read, and what is not theirs left out.
        private static let most = 20

        init(_ jobs: [ID<Job>]) { self = jobs.count > Self.most ? .many(jobs) : .few(jobs) }
    }

    /// Sent before statements of the same batch: the server plans them once for a connection, whatever their values.
    static let plannedOnce: Query = "SELECT set_config('plan_cache_mode', 'force_generic_plan', true)"

    /// The executions of a job, or of the whole organization, newest first, with the first kibibyte of each answer unless that is not
    /// wanted. Throws
    /// `InvalidInput` for a filter by a job that is not there.
    public func page(
        of job: ID<Job>? = nil, _ filter: Filter = Filter(), after position: Position?, limit: Int, withResponses: Bool = true,
        for access: Access
    ) async throws -> [Execution] {
        let scope = try await scope(of: job, filter, for: access)
        let rows = try await database.batch([
            Self.plannedOnce, listing(filter, in: scope, after: position, limit: limit, for: access),
        ])[1]
        let ended = try rows.filter { try $0("finished_at", as: Timestamp?.self) != nil }
        guard withResponses, let answers = try Self.answers(to: ended, for: access) else {
            return try rows.map { try Execution($0, response: nil) }
        }
        var responses: [ID<Execution>: Execution.Response] = [:]
        for row in try await database.batch([Self.plannedOnce, answers])[1] { responses[try row("id")] = try Execution.Response(row) }
        return try rows.map { try Execution($0, response: responses[try $0("id")]) }
    }

    func scope(of job: ID<Job>?, _ filter: Filter, for access: Access) async throws -> Scope {
        var jobs: [ID<Job>]? = job.map { [$0] }
        if let text = filter.job {
            let found: ID<Job>? =
                switch Jobs.Name(text) {
                case .id(let id): try await ids("id = \(id)", for: access).first
                case .key(let key): try await ids("key = \(key)", for: access).first
                case nil: nil
                }
            guard let found else {
                throw InvalidInput(pointer: "/job", code: "not_found", detail: "There is no such job. Check the id, or the key after key:.")
            }
            jobs = [found]
        }
        if let tag = filter.tag {
            let one: Query = jobs.map { "AND id = ANY (\($0))" } ?? ""
            return Scope(try await ids("tags @> ARRAY[\(tag)] \(one)", withDeleted: true, for: access))
        }
        return jobs.map { .job($0[0]) } ?? .all
    }

    private func ids(_ condition: Query, withDeleted: Bool = false, for access: Access) async throws -> [ID<Job>] {
        let there: Query = withDeleted ? "" : "AND deleted_at IS NULL"
        return try await database.query("SELECT id FROM jobs WHERE organization_id = \(access.organization.id) \(there) AND \(condition)")
            .map { try $0("id") }
    }

    func listing(_ filter: Filter, in scope: Scope, after position: Position?, limit: Int, for access: Access) -> Query {
        let (statuses, position) = (filter.statuses.map(\.rawValue), position ?? .beginning)
        let (since, until) = (filter.since ?? Timestamp(seconds: -62_135_596_800), filter.until ?? .endOfTime)
        let common: Query = """
            x.organization_id = \(access.organization.id) AND (x.scheduled_for, x.id) < (\(position.scheduledFor), \(position.id))
            AND x.scheduled_for <= \(position.scheduledFor) AND x.scheduled_for >= \(since) AND x.scheduled_for < \(until)
            AND (\(filter.trigger?.rawValue)::text IS NULL OR x.trigger = \(filter.trigger?.rawValue))
            """
        let waits: Query = """
            \(common) AND \(filter.canWait) AND (cardinality(\(statuses)) = 0 OR \(status) = ANY (\(statuses)))
            """
        let trouble: Query = filter.isOfTrouble ? "AND x.status <> 'success'" : ""
        let ended: Query = """
            \(common) \(trouble) AND \(filter.canHaveEnded) AND (cardinality(\(statuses)) = 0 OR x.status = ANY (\(statuses)))
            AND (\(filter.reason?.rawValue)::text IS NULL OR x.reason = \(filter.reason?.rawValue))
            """
        let days = Partitions.retentions.map {
            Self.part(Self.ended(in: "executions"), "x.keep_days = \(unsafe: "\($0)") AND \(ended)", in: scope, limit)
        }
        return """
            WITH listed AS MATERIALIZED (
                SELECT * FROM (\(Self.part(queued, waits, in: scope, limit)) UNION ALL \(days.joined(separator: " UNION ALL "))
                    UNION \(Self.part(Self.ended(in: "kept_executions"), ended, in: scope, limit))) x
                ORDER BY x.scheduled_for DESC, x.id DESC LIMIT \(limit)
            )
            SELECT l.*, j.key AS job_key FROM listed l LEFT JOIN jobs j ON j.organization_id = l.organization_id AND j.id = l.job_id
            ORDER BY l.scheduled_for DESC, l.id DESC
            """
    }

    private static func part(_ selection: Query, _ condition: Query, in scope: Scope, _ limit: Int) -> Query {
        let order: Query = "ORDER BY x.scheduled_for DESC, x.id DESC LIMIT \(limit)"
        return switch scope {
        case .all: "(\(selection) WHERE \(condition) \(order))"
        case .job(let job): "(\(selection) WHERE \(condition) AND x.job_id = \(job) \(order))"
        case .many(let jobs): "(\(selection) WHERE \(condition) AND x.job_id = ANY (\(jobs)) \(order))"
        case .few(let jobs):
            """
            (SELECT x.* FROM unnest(\(jobs)) AS t (job_id) CROSS JOIN LATERAL (
                \(selection) WHERE \(condition) AND x.job_id = t.job_id \(order)) x \(order))
            """
        }
    }

    /// The answers of the last attempts of those that have ended; nil where there are none.
    private static func answers(to rows: [Row], for access: Access) throws -> Query? {
        let times: [Timestamp] = try rows.map { try $0("scheduled_for") }
        guard let first = times.min(), let last = times.max() else { return nil }
        let ids: [ID<Execution>] = try rows.map { try $0("id") }
        let keepDays: [Int16] = try rows.map { try $0("keep_days") }
        let columns: Query = "number, substring(response_body FOR 1025) AS body, response_size, response_headers, response_truncated"
        return """
            SELECT l.id, substring(a.body FOR 1024) AS response_body, a.response_size, a.response_headers,
                a.response_truncated OR length(a.body) > 1024 AS response_truncated
            FROM unnest(\(ids), \(keepDays), \(times)) AS l (id, keep_days, scheduled_for) CROSS JOIN LATERAL (
                (SELECT \(columns) FROM attempts a
                WHERE a.organization_id = \(access.organization.id) AND a.execution_id = l.id AND a.keep_days = l.keep_days
                    AND a.scheduled_for = l.scheduled_for AND a.scheduled_for >= \(first) AND a.scheduled_for <= \(last)
                ORDER BY a.number DESC LIMIT 1)
                UNION ALL
                (SELECT \(columns) FROM kept_attempts a
                WHERE a.organization_id = \(access.organization.id) AND a.execution_id = l.id ORDER BY a.number DESC LIMIT 1)
                ORDER BY number DESC LIMIT 1
            ) a
            """
    }

    // MARK: - What is selected

    /// SQL: how a row `x` of the queue stands.
    private var status: Query {
        "CASE WHEN x.leased_by IS NOT NULL AND x.due_at <= \(engine.clock.now()) THEN 'running' ELSE 'pending' END"
    }

    var queued: Query {
        """
        SELECT x.organization_id, x.id, x.job_id, x.scheduled_for, x.due_at, x.keep_days, x.trigger, \(status) AS status, NULL AS reason,
            x.attempt, x.started_at, NULL::timestamptz AS finished_at, NULL::smallint AS status_code, NULL::integer AS duration_ms,
            NULL::integer AS lateness_ms, NULL AS error_message, 1 AS count, NULL::timestamptz AS last_scheduled_for, x.repeat_of,
            x.override IS NOT NULL AS has_override
        FROM queue x
        """
    }

    /// What is kept beyond its day stands in both tables for the moment in which the pruner copies it: hence UNION.
    static func ended(in table: StaticString) -> Query {
        """
        SELECT x.organization_id, x.id, x.job_id, x.scheduled_for, NULL::timestamptz AS due_at, x.keep_days, x.trigger, x.status, x.reason,
            x.attempt, x.started_at, x.finished_at, x.status_code, x.duration_ms, x.lateness_ms, x.error_message, x.count,
            x.last_scheduled_for, x.repeat_of, x.override IS NOT NULL AS has_override
        FROM \(unsafe: "\(table)") x
        """
    }
}

extension Timestamp {
    /// Later than anything.
    static let endOfTime = Timestamp(seconds: 253_402_300_799)
}
