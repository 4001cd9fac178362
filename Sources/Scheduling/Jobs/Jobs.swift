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
    let maker: JobMaker
    let rhythms = Memory<Rhythm, Double>(longest: .seconds(10))

    /// Asks over `database`; nil: over the engine's own, as a command does. `secrets` seals those of jobs.
    /// What time it is by the database's clock.
    public var now: Timestamp { engine.clock.now() }

    public init(_ engine: Engine, over database: Database? = nil, plugins: JobPlugins, secrets: JobSecrets) {
        self.engine = engine
        self.secrets = secrets
        let database = database ?? engine.database
        self.database = database
        maker = JobMaker(database)
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

        var condition: Query {
            switch self {
            case .id(let id): "j.id = \(id)"
            case .key(let key): "j.key = \(key)"
            }
        }
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

    /// The same with a whole draft instead of a patch: what it leaves out gets its default, as in a new job. So a form saves: what a patch
    /// cannot say, a null within `success.json` for one, a draft can.
    public func change(_ name: Name, to draft: JSON, ifVersion version: Int64?, for access: Access) async throws -> Job {
        try await change(name, draft, isWhole: true, by: .change, ifVersion: version, for: access)
    }

    /// The same by another verb, as the audit log calls it.
    func change(
        _ name: Name, _ patch: JSON, isWhole: Bool = false, by verb: Verb, ifVersion version: Int64?, makingUp answer: Answer? = nil,
        for access: Access
    ) async throws -> Job {
        try await unlessKeyIsTaken {
            try await database.transaction { transaction in
                let rows = try await transaction.query(selection(name, for: access) + " FOR UPDATE OF j, s")
                guard let old = try rows.first.map({ try Job($0, plugins) }) else { throw Refusal.notFound }
                // Not before the lock: what ran while we waited for it must not be found to be due after now.
                let now = engine.clock.now()
                if let version, version != old.version { throw Refusal.changedSince }
                let draft = isWhole ? patch : JSON.object(old.definition.members).merged(with: patch, replacing: ["schedule"])
                let reading = try read(draft, of: old.id, changing: old, for: access, now: now)
                // Without a key sync would not find it any more: from then on it is people's.
                let manager = reading.definition.key == nil ? nil : old.managedBy
                try await checkChannels(of: reading.definition, changing: old.definition, for: access, over: transaction)
                guard try isChange(of: old, to: reading, managedBy: manager, for: access) else { return old }
                let statements = statements(of: old, to: reading, by: verb, managedBy: manager, for: access, now: now)
                try await write(statements, of: old, to: reading.definition, makingUp: answer, for: access, now: now, in: transaction)
                guard let row = try await transaction.query(selection(.id(old.id), for: access)).first else { throw Refusal.notFound }
                return try Job(row, plugins)
            }
        }
    }

    /// Whether there is anything to be written. Throws `Refusal.limitReached`.
    func isChange(of old: Job, to reading: Reading, managedBy manager: String?, for access: Access) throws(Refusal) -> Bool {
        let new = reading.definition
        guard new.members != old.definition.members || reading.hasOtherSecrets || manager != old.managedBy || old.setAside != nil else {
            return false
        }
        let isSwitchedOn = new.enabled && !old.definition.enabled
        try check(new, changing: isSwitchedOn ? nil : old.definition, against: access.entitlements)
        return true
    }

    /// What is written of a change beside when the job runs.
    func statements(
        of old: Job, to reading: Reading, by verb: Verb, managedBy manager: String?, for access: Access, now: Timestamp
    ) -> [Query] {
        [
            update(of: old, to: reading.definition, sealed: reading.sealed, managedBy: manager, for: access, now: now),
            entry(verb, of: old, to: reading.definition, secrets: reading.changed, for: access, now: now).insertion,
            Topic.changed(old.id, database), Happening.notice([.job(old.id, verb.action, of: access.organization.id)], database),
        ] + closings(of: [(old, reading.definition)], in: access.organization.id, now: now)
    }

    /// What closes the incidents that such changes of jobs put an end to.
    func closings(of changes: [(old: Job, new: JobDefinition)], in organization: ID<Organization>, now: Timestamp) -> [Query] {
        func jobs(_ isEnded: (Job, JobDefinition) -> Bool) -> [ID<Job>] { changes.filter(isEnded).map(\.old.id) }
        return [
            (jobs { !$0.isPaused(at: now) && $1.isPaused(at: now) }, nil, .paused),
            (jobs { $0.isPaused(at: now) && !$1.isPaused(at: now) }, [.stopped], .resumed),
            (jobs { $0.setAside != nil && $1.readSchedule() != nil }, [.setAside], .mended),
        ].compactMap { (jobs: [ID<Job>], kinds: [Incident.Kind]?, reason: Incident.ClosedReason) in
            jobs.isEmpty ? nil : Incident.closing(kinds, of: jobs, in: organization, because: reason, now: now, database)
        }
    }

    /// Writes it; where the job is due at other times from now on, after all that was due till now has been decided by the old ones.
    func write(
        _ statements: [Query], of old: Job, to new: JobDefinition, makingUp answer: Answer? = nil, for access: Access, now: Timestamp,
        in transaction: Transaction
    ) async throws {
        let isMoved = isMoved(old, to: new)
        if isMoved { try await engine.decide(old.id, of: access.organization.id, until: now, in: transaction) }
        try await transaction.batch(statements)
        if isMoved { try await reschedule(old, to: new, makingUp: answer, for: access, now: now, in: transaction) }
    }

    /// Whether a change has anything to do with when the job runs.
    func isMoved(_ old: Job, to new: JobDefinition) -> Bool { !new.runs(like: old.definition) || old.setAside != nil }

    /// Deletes the job; what waits of it ends as cancelled. `version`: only if the job is still at this one. Throws `Refusal`.
    public func delete(_ name: Name, ifVersion version: Int64? = nil, for access: Access) async throws {
        try await database.transaction { transaction in
            let rows = try await transaction.query(selection(name, for: access) + " FOR UPDATE OF j, s")
            guard let job = try rows.first.map({ try Job($0, plugins) }) else { throw Refusal.notFound }
            if let version, version != job.version { throw Refusal.changedSince }
            try await remove(job, for: access, now: engine.clock.now(), in: transaction)
        }
        Failpoint.jobSaved.reached()
    }

    /// Deletes a job whose row and state are locked.
    func remove(_ job: Job, for access: Access, now: Timestamp, in transaction: Transaction) async throws {
        let organization = access.organization.id
        try await engine.decide(job.id, of: organization, until: now, in: transaction)
        try await transaction.batch([
            "UPDATE jobs SET deleted_at = \(now), version = version + 1 WHERE organization_id = \(organization) AND id = \(job.id)",
            """
            UPDATE job_states SET next_run_at = NULL, passing_from = NULL, pass_at = NULL,
                tallied_until = \(Tally.never), tally_version = tally_version + 1
            WHERE organization_id = \(organization) AND job_id = \(job.id)
            """,
            // Folded again should it be brought back.
            "DELETE FROM recent_executions WHERE organization_id = \(organization) AND job_id = \(job.id)",
            "DELETE FROM job_days WHERE organization_id = \(organization) AND job_id = \(job.id)",
            Self.endingPeriod(of: job.id, organization: organization, at: now, andWhatIsQueued: true),
            withdraw(job.id, of: organization, recordedAs: .deleted, now: now),
            entry(deleted: job, for: access, now: now).insertion,
            Incident.closing(of: [job.id], in: organization, because: .deleted, now: now, database),
            Topic.changed(job.id, database), Happening.notice([.job(job.id, .deleted, of: organization)], database),
        ])
    }

    /// A job in the one shape that it has everywhere.
    @Sendable public func json(_ job: Job) -> JSON { job.json(now: engine.clock.now()) }

    /// The job's `ETag`: its version, which moves with what people change, and what it looks like, which runs change too. A preview that
    /// is shown beside it does not count.
    public func tag(of job: Job, shownAs json: JSON) -> String {
        var looks = json.object ?? [:]
        looks["preview"] = Optional<JSON>.none
        return "\"\(job.version)-\(Hex.encode(Array(Hash.sha256(JSON.object(looks).sorted.bytes()).prefix(6))))\""
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

    func unlessKeyIsTaken<Result>(_ body: () async throws -> Result) async throws -> Result {
        do { return try await body() } catch let error as PostgresError where error.constraint == "jobs_key" {
            throw Self.keyTaken
        }
    }

    func selection(_ name: Name, for access: Access) -> Query {
        """
        SELECT \(Self.columns) FROM \(Self.tables)
        WHERE j.organization_id = \(access.organization.id) AND j.deleted_at IS NULL AND \(name.condition)
        """
    }
}
