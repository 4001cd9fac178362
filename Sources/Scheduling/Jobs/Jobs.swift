import JSON
import Postgres
import Secrets
import Tenancy
import Time

/// The door to jobs.
public struct Jobs: Sendable {
    let engine: Engine
    public let plugins: JobPlugins
    let secrets: JobSecrets
    let database: Database

    /// Asks over `database`; nil: over the engine's own, as a command does. `secrets` seals those of jobs.
    public init(_ engine: Engine, over database: Database? = nil, plugins: JobPlugins, secrets: JobSecrets) {
        self.engine = engine
        self.secrets = secrets
        self.database = database ?? engine.database
        self.plugins = plugins
    }

    /// How a job is named from outside: by its id, or as `key:` and its key.
    public enum Name: Sendable {
        case id(ID<Job>)
        case key(String)

        /// Nil for a text that cannot name a job; answered like the name of one that is not there.
        public init?(_ text: String) {
            if text.hasPrefix("key:") {
                self = .key(String(text.dropFirst(4)))
            } else {
                guard let id = ID<Job>(text) else { return nil }
                self = .id(id)
            }
        }

        fileprivate var condition: Query {
            switch self {
            case .id(let id): "j.id = \(id)"
            case .key(let key): "j.key = \(key)"
            }
        }
    }

    /// Makes a job. Throws `InvalidInput` by member, `Refusal.limitReached`.
    public func create(_ draft: JSON, for access: Access) async throws -> Job {
        let now = engine.clock.now()
        let id = ID<Job>(at: now)
        let reading = try read(draft, of: id, for: access, now: now)
        let definition = reading.definition
        try check(definition, against: access.entitlements)
        let job = try await unlessKeyIsTaken {
            try await database.transaction { transaction in
                if let limit = access.entitlements.jobs { try await checkCount(limit, for: access, in: transaction) }
                let audit = entry(created: id, as: definition, for: access, now: now).insertion
                try await transaction.batch(
                    insertions(of: definition, sealed: reading.sealed, id: id, for: access, now: now) + [
                        audit, Topic.jobs.notification(database),
                        Happening.notice([.job(id, .created, of: access.organization.id)], database),
                    ])
                guard let row = try await transaction.query(selection(.id(id), for: access)).first else { throw Refusal.notFound }
                return try Job(row, plugins)
            }
        }
        Failpoint.jobSaved.reached()
        return job
    }

    /// The job of that name. Throws `Refusal.notFound`.
    public func find(_ name: Name, for access: Access) async throws -> Job {
        guard let job = try await database.query(selection(name, for: access)).first.map({ try Job($0, plugins) }) else {
            throw Refusal.notFound
        }
        return job
    }

    /// Changes what `patch` names (RFC 7396; a schedule is replaced as a whole, for its members exclude each other). The
    /// next run stays as it is unless the schedule, or whether the job runs at all, has changed: then everything that was due till now
    /// is decided by the old one, the next run is the first one after now, and what was queued ahead is taken out again. So a
    /// change never fires and never loses an occurrence. `makingUp`: what becomes of runs that a pause which ends with this has
    /// passed over; nil: none is made up.
    ///
    /// A patch that changes nothing writes nothing. `version`: only if the job is still at this one. Throws `InvalidInput`, `Refusal`.
    public func change(
        _ name: Name, _ patch: JSON, ifVersion version: Int64? = nil, makingUp answer: Answer? = nil, for access: Access
    ) async throws -> Job {
        try await change(name, patch, by: .change, ifVersion: version, makingUp: answer, for: access)
    }

    /// The same by another verb, as the audit log calls it.
    func change(
        _ name: Name, _ patch: JSON, by verb: Verb, ifVersion version: Int64?, makingUp answer: Answer? = nil, for access: Access
    ) async throws -> Job {
        try await unlessKeyIsTaken {
            try await database.transaction { transaction in
                let rows = try await transaction.query(selection(name, for: access) + " FOR UPDATE OF j, s")
                guard let old = try rows.first.map({ try Job($0, plugins) }) else { throw Refusal.notFound }
                // Not before the lock: what ran while we waited for it must not be found to be due after now.
                let now = engine.clock.now()
                if let version, version != old.version { throw Refusal.changedSince }
                let draft = JSON.object(old.definition.members).merged(with: patch, replacing: ["schedule"])
                let reading = try read(draft, of: old.id, changing: old, for: access, now: now)
                let new = reading.definition
                guard new.members != old.definition.members || reading.hasOtherSecrets || old.setAside != nil else { return old }
                let isSwitchedOn = new.enabled && !old.definition.enabled
                try check(new, changing: isSwitchedOn ? nil : old.definition, against: access.entitlements)
                let isMoved = !new.runs(like: old.definition) || old.setAside != nil
                if isMoved { try await engine.decide(old.id, of: access.organization.id, until: now, in: transaction) }
                let audit = entry(verb, of: old, to: new, secrets: reading.changed, for: access, now: now).insertion
                try await transaction.batch([
                    update(of: old, to: new, sealed: reading.sealed, for: access, now: now), audit, Topic.changed(old.id, database),
                    Happening.notice([.job(old.id, .changed, of: access.organization.id)], database),
                ])
                if isMoved { try await reschedule(old, to: new, makingUp: answer, for: access, now: now, in: transaction) }
                guard let row = try await transaction.query(selection(.id(old.id), for: access)).first else { throw Refusal.notFound }
                return try Job(row, plugins)
            }
        }
    }

    /// Deletes the job; what waits of it ends as cancelled. `version`: only if the job is still at this one. Throws `Refusal`.
    public func delete(_ name: Name, ifVersion version: Int64? = nil, for access: Access) async throws {
        try await database.transaction { transaction in
            let rows = try await transaction.query(selection(name, for: access) + " FOR UPDATE OF j, s")
            guard let job = try rows.first.map({ try Job($0, plugins) }) else { throw Refusal.notFound }
            if let version, version != job.version { throw Refusal.changedSince }
            let now = engine.clock.now()
            let organization = access.organization.id
            try await engine.decide(job.id, of: organization, until: now, in: transaction)
            try await transaction.batch([
                "UPDATE jobs SET deleted_at = \(now), version = version + 1 WHERE organization_id = \(organization) AND id = \(job.id)",
                """
                UPDATE job_states SET next_run_at = NULL, passing_from = NULL, pass_at = NULL
                WHERE organization_id = \(organization) AND job_id = \(job.id)
                """,
                Self.endingPeriod(of: job.id, organization: organization, at: now, andWhatIsQueued: true),
                withdraw(job.id, of: organization, recordedAs: .deleted, now: now),
                entry(deleted: job, for: access, now: now).insertion,
                Topic.changed(job.id, database), Happening.notice([.job(job.id, .deleted, of: organization)], database),
            ])
        }
        Failpoint.jobSaved.reached()
    }

    /// A job in the one shape that it has everywhere.
    @Sendable public func json(_ job: Job) -> JSON { job.json(now: engine.clock.now()) }

    /// The job's `ETag`: its version, which moves with what people change, and what it looks like, which runs change too.
    public func tag(of job: Job) -> String {
        "\"\(job.version)-\(Hex.encode(Array(Hash.sha256(json(job).bytes()).prefix(6))))\""
    }

    // MARK: -

    /// What stays as it was is let be: a job that a smaller plan does not reach can still be paused, or made smaller by and by.
    func check(_ definition: JobDefinition, changing old: JobDefinition? = nil, against e: Entitlements) throws(Refusal) {
        if let plugins = e.plugins, !plugins.contains(definition.plugin), definition.plugin != old?.plugin {
            throw .plugin(definition.plugin, plan: e.plan)
        }
        if definition.timeoutMs > e.timeoutSeconds * 1_000, definition.timeoutMs != old?.timeoutMs {
            throw .timeout(e.timeoutSeconds, plan: e.plan)
        }
        if let shortest = definition.shortestIntervalMs, shortest < e.shortestIntervalSeconds * 1_000,
            definition.schedule != old?.schedule
        {
            throw .interval(shortest / 1_000, limit: e.shortestIntervalSeconds, plan: e.plan)
        }
    }

    private func checkCount(_ limit: Int, for access: Access, in transaction: Transaction) async throws {
        let organization = access.organization.id
        // The lock makes two creations at once wait for each other: both must not find the last place free.
        try await transaction.query("SELECT FROM entitlements WHERE organization_id = \(organization) FOR UPDATE")
        let count: Int64 = try await transaction.query(
            "SELECT count(*) AS count FROM jobs WHERE organization_id = \(organization) AND deleted_at IS NULL"
        ).only("count")
        if count >= limit { throw Refusal.jobs(limit, plan: access.entitlements.plan) }
    }

    private func unlessKeyIsTaken<Result>(_ body: () async throws -> Result) async throws -> Result {
        do { return try await body() } catch let error as PostgresError where error.constraint == "jobs_key" {
            throw InvalidInput(pointer: "/key", code: "taken", detail: "Another job has this key. Choose another, or change that job.")
        }
    }

    private func selection(_ name: Name, for access: Access) -> Query {
        """
        SELECT \(Self.columns) FROM \(Self.tables)
        WHERE j.organization_id = \(access.organization.id) AND j.deleted_at IS NULL AND \(name.condition)
        """
    }
}
