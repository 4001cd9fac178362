import Postgres
import Tenancy
import Time

/// Jobs that were deleted: for some days they come back when they are asked to, then they are erased.
extension Jobs {
    /// So long a deleted job can be restored, by hand or by sync.
    public static let regret = Organizations.regret

    /// The jobs that can be restored, newest first, from behind a position; each says since when it is deleted.
    public func deleted(after position: Position?, limit: Int, for access: Access) async throws -> [Listed] {
        try await list(Filter(deleted: true), in: .newestFirst, after: position, limit: limit, for: access)
    }

    /// The job that `restore` is about: of those that can be restored the one deleted last, else one that is there. Throws
    /// `Refusal.notFound`.
    public func restorable(_ name: Name, for access: Access) async throws -> Job {
        let rows = try await database.query(selectionOfDeleted(name, at: engine.clock.now(), for: access))
        if let row = rows.first { return try Job(row, plugins) }
        return try await find(name, for: access)
    }

    /// Takes a deletion back: the job is what it was, with its history. Its next run is the first one after now; what it would have run
    /// meanwhile is not made up, and one that was paused still is. Throws `Refusal`, also where the plan has no place for it any more.
    public func restore(_ name: Name, for access: Access) async throws -> Job {
        do {
            let restored = try await database.transaction { transaction in
                try await restore(name, for: access, in: transaction)
            }
            engine.jobsBell.ring()
            return restored
        } catch let error as PostgresError where error.constraint == "jobs_key" {
            throw Refusal.keyTakenSince
        }
    }

    private func restore(_ name: Name, for access: Access, in transaction: Transaction) async throws -> Job {
        let organization = access.organization.id
        guard try await restorable(name, for: access).deletedAt != nil else { throw Refusal.notDeleted }
        try await checkPlace(for: access, in: transaction)
        let rows = try await transaction.query(
            selectionOfDeleted(name, at: engine.clock.now(), for: access) + " FOR UPDATE OF j, s")
        guard let job = try rows.first.map({ try Job($0, plugins) }) else {
            _ = try await find(name, for: access)
            throw Refusal.notDeleted
        }
        // Behind the locks: what has run while we waited for them is not due after it.
        let now = engine.clock.now()
        try check(job.definition, against: access.entitlements)
        let boundary = try await boundary(of: job.id, organization: organization, now: now, in: transaction)
        let back: Query = """
            UPDATE jobs SET deleted_at = NULL, updated_at = \(now), version = version + 1
            WHERE organization_id = \(organization) AND id = \(job.id)
            """
        try await transaction.batch(
            [
                back, entry(.restore, of: job, to: job.definition, for: access, now: now).insertion, Topic.changed(job.id, database),
                Happening.notice([.job(job.id, .created, of: organization)], database),
            ] + resumption(of: job.id, as: job.definition, of: organization, after: boundary))
        guard let row = try await transaction.query(selection(.id(job.id), for: access)).first else { throw Refusal.notFound }
        return try Job(row, plugins)
    }

    /// What lets a job that was deleted run again, from an instant on.
    func resumption(
        of job: ID<Job>, as definition: JobDefinition, of organization: ID<Organization>, after boundary: Timestamp
    ) -> [Query] {
        let standing = definition.standing(after: boundary, isPending: false)
        return [
            """
            UPDATE job_states SET next_run_at = \(standing.next), passing_from = \(standing.passingFrom), pass_at = \(standing.passAt),
                stretch_from = NULL, stretch_reason = NULL, row_from = NULL, row_count = NULL, set_aside = NULL
            WHERE organization_id = \(organization) AND job_id = \(job)
            """
        ] + Self.period(of: definition, job: job, organization: organization, from: boundary)
    }

    /// Whoever makes jobs at the same time waits: both must not find the last place free. Throws `Refusal.limitReached`.
    private func checkPlace(for access: Access, in transaction: Transaction) async throws {
        guard let limit = access.entitlements.jobs else { return }
        let organization = access.organization.id
        let counts = try await transaction.batch([
            "SELECT FROM entitlements WHERE organization_id = \(organization) FOR UPDATE",
            "SELECT count(*) AS count FROM jobs WHERE organization_id = \(organization) AND deleted_at IS NULL",
        ])
        guard try counts[1].only("count", as: Int64.self) < limit else { throw Refusal.jobs(limit, plan: access.entitlements.plan) }
    }

    private func selectionOfDeleted(_ name: Name, at now: Timestamp, for access: Access) -> Query {
        """
        SELECT \(Self.columns) FROM \(Self.tables)
        WHERE j.organization_id = \(access.organization.id) AND j.deleted_at > \(now.adding(.zero - Self.regret)) AND \(name.condition)
        ORDER BY j.deleted_at DESC, j.id DESC LIMIT 1
        """
    }
}

extension Refusal {
    static let notDeleted = Refusal.conflict("not_deleted", sentence: "The job is not deleted, so there is nothing to be restored.")
    static let keyTakenSince = Refusal.conflict(
        "key_taken", sentence: "Another job has this job's key by now. Give that one another key, or delete it; then restore this one.")
}
