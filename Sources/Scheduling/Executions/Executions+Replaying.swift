import JSON
import Postgres
import Tenancy
import Time

extension Executions {
    /// So many are run again at once, at most.
    static let mostReplayed = 10_000

    /// What a bulk replay takes.
    public static let replayBody = Shape.object(
        Filter.fieldsOfReplay + [
            Field("dry_run", .boolean, default: false, help: "Only say how many it would be."),
            Field("rate", .integer(1...60_000), default: 600, help: "So many begin in a minute."),
            Field(
                "skip_superseded", .boolean, default: true, help: "Leave out those whose job has succeeded at a later occurrence since."),
        ]
    ).named("Replay")

    /// What came, or would come, of a bulk replay.
    public struct Replay: Sendable {
        /// Nothing came of it.
        public let isDryRun: Bool
        /// So many the filter matches.
        public let matched: Int
        /// Left out: the job has succeeded later, they have been run again already, or the job is deleted.
        public let superseded: Int
        public let repeated: Int
        public let deleted: Int
        /// So many are run again, or would be.
        public let replayed: Int
        /// When the first and the last may begin.
        public let span: (first: Timestamp, last: Timestamp)?
    }

    /// Runs ended executions again that a filter, let through by `replayBody`, matches: the oldest first, so many a minute, those of
    /// one job after each other unless they may overlap; none of them is skipped. Throws `InvalidInput` where they are too many,
    /// `Refusal.limitReached` where the plan does not reach for all of them.
    public func replay(_ body: JSON, for access: Access) async throws -> Replay {
        let filter = Filter(body.object ?? [:])
        let scope = try await scope(of: nil, filter, for: access)
        let skipsSuperseded = body["skip_superseded"]?.bool ?? true
        if body["dry_run"]?.bool ?? false {
            return try await database.transaction { transaction in
                Replay(try await candidates(filter, in: scope, skipsSuperseded, for: access, transaction), isDryRun: true, at: [])
            }
        }
        let replay = try await database.transaction { transaction in
            // Two at once would run the same again.
            let lock = "replay.\(access.organization.id.text)"
            try await transaction.query("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || \(lock), 0))")
            let found = try await candidates(filter, in: scope, skipsSuperseded, for: access, transaction)
            let now = engine.clock.now()
            try await checkUsage(of: found.chosen.count, at: now, for: access, in: transaction)
            let interval = 60_000_000 / (body["rate"]?.int ?? 600)
            let times = found.chosen.indices.map { now.adding(.microseconds(Int64($0) * interval)) }
            try await engine.partitions.ensure(times.map { (access.entitlements.keepDays, $0) })
            let replay = Replay(found, isDryRun: false, at: times)
            try await transaction.batch(queueing(found.chosen, at: times, for: access) + [audit(replay, body, at: now, for: access)])
            return (replay, Set(found.chosen.map(\.job)))
        }
        await letGo(of: Array(replay.1), for: access)
        engine.dueBell.ring()
        return replay.0
    }

    /// What is matched, in the order in which it is run again.
    struct Candidates {
        struct One {
            let id: ID<Execution>
            let job: ID<Job>
            let scheduledFor: Timestamp
            let keepDays: Int16
            let hasOverride: Bool
        }

        var matched = 0
        var (superseded, repeated, deleted) = (0, 0, 0)
        var chosen: [One] = []
    }

    private func candidates(
        _ filter: Filter, in scope: Scope, _ skipsSuperseded: Bool, for access: Access, _ transaction: Transaction
    ) async throws -> Candidates {
        let rows = try await transaction.batch([
            Self.plannedOnce, listing(filter, in: scope, after: nil, limit: Self.mostReplayed + 1, for: access),
        ])[1]
        guard rows.count <= Self.mostReplayed else {
            let detail =
                "More than \(Self.mostReplayed) executions match. Narrow it: by since and until, job, tag, status, reason or trigger."
            throw InvalidInput(pointer: "", code: "too_many", detail: detail)
        }
        let all = try rows.map { try Candidates.One($0) }.sorted { ($0.scheduledFor, $0.id) < ($1.scheduledFor, $1.id) }
        var found = Candidates()
        found.matched = all.count
        guard let oldest = all.first?.scheduledFor else { return found }
        let answers = try await transaction.batch([
            Self.jobs(Set(all.map(\.job)), since: oldest, for: access).plannedAnew,
            Self.repeats(since: oldest, onlyInVain: skipsSuperseded, for: access),
        ])
        var successes: [ID<Job>: Timestamp?] = [:]
        for row in answers[0] { successes[try row("id")] = .some(try row("succeeded_at")) }
        let repeats = Set(try answers[1].map { try $0("repeat_of") as ID<Execution> })
        for one in all {
            guard let success = successes[one.job] else { found.deleted += 1; continue }
            if skipsSuperseded, let success, success > one.scheduledFor {
                found.superseded += 1
            } else if repeats.contains(one.id) {
                found.repeated += 1
            } else {
                found.chosen.append(one)
            }
        }
        return found
    }

    /// Those that are not deleted, each with its latest success since.
    private static func jobs(_ jobs: Set<ID<Job>>, since oldest: Timestamp, for access: Access) -> Query {
        let organization = access.organization.id
        let days = Partitions.retentions.map { keepDays -> Query in
            """
            (SELECT scheduled_for FROM executions x WHERE x.keep_days = \(unsafe: "\(keepDays)") AND x.organization_id = \(organization)
                AND x.job_id = j.id AND x.status = 'success' AND x.scheduled_for > \(oldest) ORDER BY x.scheduled_for DESC LIMIT 1)
            """
        }
        return """
            SELECT j.id, s.succeeded_at FROM unnest(\(Array(jobs))) AS t (id)
                JOIN jobs j ON j.organization_id = \(organization) AND j.id = t.id AND j.deleted_at IS NULL
                CROSS JOIN LATERAL (
                    SELECT max(scheduled_for) AS succeeded_at FROM (
                        \(days.joined(separator: " UNION ALL ")) UNION ALL
                        (SELECT scheduled_for FROM kept_executions x WHERE x.organization_id = \(organization) AND x.job_id = j.id
                            AND x.status = 'success' AND x.scheduled_for > \(oldest) ORDER BY x.scheduled_for DESC LIMIT 1)
                    ) x
                ) s
            """
    }

    /// What has been run again since, or waits for it: that stands for it. Whatever came to a success is superseded anyway.
    private static func repeats(since oldest: Timestamp, onlyInVain: Bool, for access: Access) -> Query {
        let organization = access.organization.id
        let trouble: Query = onlyInVain ? "AND x.status <> 'success'" : ""
        let ended: Query = """
            WHERE x.organization_id = \(organization) AND x.scheduled_for >= \(oldest) AND x.repeat_of IS NOT NULL \(trouble)
            """
        return """
            SELECT repeat_of FROM queue WHERE organization_id = \(organization) AND repeat_of IS NOT NULL
            UNION SELECT repeat_of FROM executions x \(ended) UNION SELECT repeat_of FROM kept_executions x \(ended)
            """
    }

    /// Exactly: all that waits is counted, however much that is.
    private func checkUsage(of count: Int, at now: Timestamp, for access: Access, in transaction: Transaction) async throws {
        guard let limit = access.entitlements.executionsPerMonth else { return }
        let used = try await UsageCounter.usedAndWaiting(by: access.organization.id, at: now, over: transaction)
        guard used + Int64(count) <= Int64(limit) else {
            throw Refusal.replay(of: count, limit, used: used, plan: access.entitlements.plan)
        }
    }

    /// They wait (`held`) until it is their time and their turn (`ExecutionQueue.release`): also the first, for something may run.
    private func queueing(_ chosen: [Candidates.One], at times: [Timestamp], for access: Access) -> [Query] {
        guard let first = times.first else { return [] }
        let organization = access.organization.id
        let asWas: Query =
            "e.organization_id = \(organization) AND e.id = t.was AND e.scheduled_for = t.was_at AND e.keep_days = t.was_kept"
        return [
            Self.plannedOnce,
            """
            INSERT INTO queue (
                organization_id, id, job_id, scheduled_for, due_at, line_at, trigger, keep_days, repeat_of, made_up, held, override)
            SELECT \(organization), t.id, t.job_id, t.at, t.at, t.at, \(ExecutionTrigger.replay.rawValue),
                \(Int16(access.entitlements.keepDays)), t.was, true, j.overlap <> 'allow', CASE WHEN t.has_override THEN coalesce(
                    (SELECT override FROM executions e WHERE \(asWas)), (SELECT override FROM kept_executions e WHERE \(asWas))) END
            FROM unnest(
                \(times.map { ID<Execution>(at: $0) }), \(times), \(chosen.map(\.id)), \(chosen.map(\.job)), \(chosen.map(\.scheduledFor)),
                \(chosen.map(\.keepDays)), \(chosen.map(\.hasOverride))
            ) AS t (id, at, was, job_id, was_at, was_kept, has_override)
            JOIN jobs j ON j.organization_id = \(organization) AND j.id = t.job_id
            """,
            "UPDATE lanes SET next_due = least(next_due, \(first)) WHERE organization_id = \(organization)",
            Topic.due.notification(database),
        ]
    }

    private func audit(_ replay: Replay, _ body: JSON, at now: Timestamp, for access: Access) -> Query {
        var after = replay.json.object ?? [:]
        after["asked"] = body
        return access.entry(at: now, "executions.replayed", on: access.organization.id.text, after: .object(after)).insertion
    }
}

extension Executions.Candidates.One {
    fileprivate init(_ row: Row) throws {
        id = try row("id")
        job = try row("job_id")
        scheduledFor = try row("scheduled_for")
        keepDays = try row("keep_days")
        hasOverride = try row("has_override")
    }
}

extension Executions.Replay {
    fileprivate init(_ found: Executions.Candidates, isDryRun: Bool, at times: [Timestamp]) {
        (self.isDryRun, matched, replayed) = (isDryRun, found.matched, found.chosen.count)
        (superseded, repeated, deleted) = (found.superseded, found.repeated, found.deleted)
        span = times.first.flatMap { first in times.last.map { (first, $0) } }
    }

    /// As the API tells it.
    public var json: JSON {
        [
            "dry_run": .bool(isDryRun), "matched": .integer(Int64(matched)), "skipped_superseded": .integer(Int64(superseded)),
            "skipped_repeated": .integer(Int64(repeated)), "skipped_deleted": .integer(Int64(deleted)),
            "replayed": .integer(Int64(replayed)), "first_at": span.map { .string($0.first.rfc3339) } ?? .null,
            "last_at": span.map { .string($0.last.rfc3339) } ?? .null,
        ]
    }

    /// What `json` looks like.
    public static let shape = Shape.object([
        Field("dry_run", .boolean), Field("matched", .integer(0...10_000), help: "So many the filter matches."),
        Field("skipped_superseded", .integer(0...10_000), help: "Left out: their jobs have succeeded later."),
        Field("skipped_repeated", .integer(0...10_000), help: "Left out: they have been run again already, in vain or not yet to an end."),
        Field("skipped_deleted", .integer(0...10_000), help: "Left out: their jobs are deleted."),
        Field("replayed", .integer(0...10_000), help: "So many are run again; of a dry run, so many would be."),
        Field("first_at", .string(format: .instant), nullable: true, help: "When the first may begin."),
        Field("last_at", .string(format: .instant), nullable: true, help: "When the last may begin."),
    ]).named("ReplayResult")
}
