import JSON
import Postgres
import Tenancy
import Time

/// Making the organization's jobs equal to a document (product.md §12).
extension Jobs {
    /// So long a job that sync has deleted comes back, with its history, when its key does.
    private static let regret: Duration = .seconds(30 * 86_400)

    /// Holds `document` (let through by `SyncShape.document`) against the jobs there are, and makes them equal, all or nothing; `isPlan`:
    /// only says what it would do. Throws `InvalidInput` with pointers into the document, `Refusal`.
    public func sync(_ document: JSON, isPlan: Bool, for access: Access) async throws -> SyncReport {
        let isPlan = isPlan || document["dry_run"]?.bool ?? false
        let drafts = document["jobs"]?.array ?? []
        try Self.checkKeys(of: drafts)
        return try await unlessKeyIsTaken {
            try await database.transaction { transaction in
                let now = engine.clock.now()
                var sync = try await Sync(drafts, document, of: self, for: access, now: now, isPlan: isPlan, in: transaction)
                if isPlan { return sync.report }
                try sync.checkDeletions(confirmed: document["confirm_delete"]?.int)
                try await sync.write(by: self, in: transaction)
                sync.report.isApplied = true
                return sync.report
            }
        }
    }

    private static func checkKeys(of drafts: [JSON]) throws(InvalidInput) {
        var (seen, errors): ([String: Int], [FieldError]) = ([:], [])
        for (index, draft) in drafts.enumerated() {
            guard let key = draft["key"]?.string else { continue }
            if let first = seen[key] {
                let detail = "The job at /jobs/\(first) has this key already. Choose another, or leave one of them out."
                errors.append(FieldError(pointer: "/jobs/\(index)/key", code: "taken", detail: detail))
            }
            if draft["schedule"]?["delay"] != nil {
                let detail = "A delay counts from each time that the document is synced. Write the instant, as `at`."
                errors.append(FieldError(pointer: "/jobs/\(index)/schedule/delay", code: "not_allowed", detail: detail))
            }
            seen[key] = seen[key] ?? index
        }
        if !errors.isEmpty { throw InvalidInput(errors: errors) }
    }

    /// One pass over a document.
    private struct Sync {
        var report = SyncReport()
        private var made: [(new: NewJob, index: Int)] = []
        private var changed: [(old: Job, reading: Reading, statements: [Query], isRestored: Bool)] = []
        private var removed: [Job] = []
        private var managed = 0
        private var errors: [FieldError] = []
        private var notManaged: [String] = []
        private let access: Access
        private let now: Timestamp

        /// Reads what there is, locked unless nothing will be done, and decides about each job. Throws what is wrong with any of them.
        init(
            _ drafts: [JSON], _ document: JSON, of jobs: Jobs, for access: Access, now: Timestamp, isPlan: Bool, in transaction: Transaction
        ) async throws {
            (self.access, self.now) = (access, now)
            let keys = drafts.compactMap { $0["key"]?.string }
            let (live, gone) = try await Self.read(keys, of: jobs, for: access, now: now, isPlan: isPlan, in: transaction)
            managed = live.values.filter { $0.managedBy != nil }.count
            let mayAdopt = document["adopt"]?.bool ?? false
            for (index, draft) in drafts.enumerated() {
                guard let key = draft["key"]?.string else { continue }
                do {
                    switch (live[key], gone[key]) {
                    case (let old?, _) where old.managedBy == nil && !mayAdopt: notManaged.append("/jobs/\(index)/key")
                    case (let old?, _): try compare(old, with: draft, isRestored: false, by: jobs)
                    case (nil, let old?): try compare(old, with: draft, isRestored: true, by: jobs)
                    case (nil, nil): try make(draft, at: index, by: jobs)
                    }
                } catch let error as InvalidInput {
                    errors += error.errors.map { FieldError(pointer: "/jobs/\(index)\($0.pointer)", code: $0.code, detail: $0.detail) }
                    if errors.count >= InvalidInput.mostErrors { break }
                } catch let error as Refusal {
                    throw error.within("/jobs/\(index)")
                }
            }
            if !errors.isEmpty { throw InvalidInput(errors: errors) }
            if !notManaged.isEmpty { throw Refusal.notManaged(pointers: notManaged) }
            if document["delete_removed"]?.bool ?? false { leaveOut(live, but: Set(keys)) }
            try await checkCount(in: transaction)
        }

        private static func read(
            _ keys: [String], of jobs: Jobs, for access: Access, now: Timestamp, isPlan: Bool, in transaction: Transaction
        ) async throws -> (live: [String: Job], gone: [String: Job]) {
            let organization = access.organization.id
            // Two at once go one after the other; so do those who make jobs where their number is bounded.
            if !isPlan {
                try await transaction.query("SELECT FROM entitlements WHERE organization_id = \(organization) FOR UPDATE")
            }
            let lock: Query = isPlan ? "" : "FOR UPDATE OF j"
            let answers = try await transaction.batch(
                [
                    """
                    SELECT \(Jobs.columns) FROM \(Jobs.tables)
                    WHERE j.organization_id = \(organization) AND j.deleted_at IS NULL AND (j.managed_by IS NOT NULL OR j.key = ANY (\(keys)))
                    ORDER BY j.id \(lock)
                    """,
                    """
                    SELECT DISTINCT ON (j.key) \(Jobs.columns) FROM \(Jobs.tables)
                    WHERE j.organization_id = \(organization) AND j.deleted_at > \(now.adding(.zero - regret)) AND j.managed_by IS NOT NULL
                        AND j.key = ANY (\(keys))
                    ORDER BY j.key, j.deleted_at DESC
                    """,
                ])
            let found = try answers.map { try $0.map { try Job($0, jobs.plugins) } }
            let byKey = found.map { Dictionary($0.compactMap { job in job.definition.key.map { ($0, job) } }) { first, _ in first } }
            return (byKey[0], byKey[1])
        }

        private mutating func make(_ draft: JSON, at index: Int, by jobs: Jobs) throws {
            let new = try jobs.prepare(draft, managedBy: "sync", at: now, for: access)
            made.append((new, index))
            report.changes.append(.init(action: .create, key: new.definition.key ?? "", name: new.definition.name, id: nil))
        }

        private mutating func compare(_ old: Job, with draft: JSON, isRestored: Bool, by jobs: Jobs) throws {
            var full = draft.object ?? [:]
            // Whoever has paused it has his reasons, which the document does not know of.
            if !isRestored {
                full["enabled"] = full["enabled"] ?? .bool(old.definition.enabled)
                full["paused_until"] = full["paused_until"] ?? old.definition.pausedUntil.map { .string($0.rfc3339) } ?? .null
            }
            let reading = try jobs.read(.object(full), of: old.id, changing: old, for: access, now: now)
            let verb: Verb = isRestored ? .restore : .change
            let statements = try jobs.changes(
                of: old, to: reading, by: verb, managedBy: "sync", isForced: isRestored, for: access, now: now)
            guard let statements else { return report.unchanged += 1 }
            changed.append((old, reading, statements, isRestored))
            let action: SyncReport.Action = isRestored ? .restore : old.managedBy == nil ? .adopt : .update
            let fields = Jobs.fields(from: old.definition.members, to: reading.definition.members)
            let secrets = reading.changed.map { ("/config" + $0.pointer, ConfigPath.mask, ConfigPath.mask) }
            report.changes.append(
                .init(
                    action: action, key: old.definition.key ?? "", name: reading.definition.name, id: old.id, fields: fields + secrets))
        }

        private mutating func leaveOut(_ live: [String: Job], but kept: Set<String>) {
            removed = live.filter { $0.value.managedBy != nil && !kept.contains($0.key) }.sorted { $0.key < $1.key }.map(\.value)
            report.changes += removed.map {
                .init(action: .delete, key: $0.definition.key ?? "", name: $0.definition.name, id: $0.id)
            }
            if removed.count > 10 || removed.count * 5 > managed { report.toConfirm = removed.count }
        }

        private func checkCount(in transaction: Transaction) async throws {
            guard let limit = access.entitlements.jobs else { return }
            let more = made.count + changed.filter(\.isRestored).count - removed.count
            let count: Int64 = try await transaction.query(
                "SELECT count(*) AS count FROM jobs WHERE organization_id = \(access.organization.id) AND deleted_at IS NULL"
            ).only("count")
            if more > 0, Int(count) + more > limit { throw Refusal.jobs(limit, plan: access.entitlements.plan) }
        }

        func checkDeletions(confirmed: Int64?) throws(Refusal) {
            guard let count = report.toConfirm, confirmed != Int64(count) else { return }
            throw .deletionNotConfirmed(count)
        }

        // MARK: Writing

        private static let largestBatch = 500

        /// Deletions first: where the plan bounds the number of jobs they make room. Fills in the ids of those that are made.
        mutating func write(by jobs: Jobs, in transaction: Transaction) async throws {
            try await lockStates(by: jobs, in: transaction)
            for job in removed { try await jobs.remove(job, for: access, now: now, in: transaction) }
            try await writeChanges(by: jobs, in: transaction)
            try await jobs.makeDays(for: made.map(\.new))
            for start in stride(from: 0, to: made.count, by: Self.largestBatch) {
                try await insert(Array(made[start..<min(start + Self.largestBatch, made.count)]), by: jobs, in: transaction)
            }
            let ids = Dictionary(made.map { ($0.new.definition.key ?? "", $0.new.id) }) { first, _ in first }
            report.changes = report.changes.map { change in
                change.action == .create ? .init(action: .create, key: change.key, name: change.name, id: ids[change.key]) : change
            }
        }

        /// All at once and in order, as the engine does: neither must wait for the other in a circle. What only is called otherwise, or
        /// is sent something else, runs on meanwhile.
        private func lockStates(by jobs: Jobs, in transaction: Transaction) async throws {
            let moved = changed.filter { $0.isRestored || jobs.isMoved($0.old, to: $0.reading.definition) }.map(\.old.id)
            try await transaction.query(
                """
                SELECT FROM job_states WHERE organization_id = \(access.organization.id) AND job_id = ANY (\(moved + removed.map(\.id)))
                ORDER BY job_id FOR UPDATE
                """)
        }

        private func writeChanges(by jobs: Jobs, in transaction: Transaction) async throws {
            var waiting: [Query] = []
            for (old, reading, statements, isRestored) in changed {
                let new = reading.definition
                if isRestored {
                    try await jobs.restore(old, as: new, statements, for: access, now: now, in: transaction)
                } else if jobs.isMoved(old, to: new) {
                    try await jobs.write(statements, of: old, to: new, for: access, now: now, in: transaction)
                } else {
                    waiting += statements
                }
            }
            for start in stride(from: 0, to: waiting.count, by: Self.largestBatch) {
                try await transaction.batch(Array(waiting[start..<min(start + Self.largestBatch, waiting.count)]))
            }
        }

        private func insert(_ batch: [(new: NewJob, index: Int)], by jobs: Jobs, in transaction: Transaction) async throws {
            let statements = NewJob.insertions(of: batch.map(\.new), over: jobs.database)
            let answers = try await transaction.batch(statements)
            for (row, index) in zip(answers[statements.count - 3], batch.map(\.index)) {
                switch Jobs.error(of: NewJob.Fate(rawValue: try row("fate")) ?? .keyTaken, for: access) {
                case let error as InvalidInput:
                    let errors = error.errors.map { FieldError(pointer: "/jobs/\(index)\($0.pointer)", code: $0.code, detail: $0.detail) }
                    throw InvalidInput(errors: errors)
                case let error?: throw error
                case nil: break
                }
            }
        }
    }

    /// Brings back what was deleted, as it is defined now. It runs from now on; what it would have run meanwhile is not made up.
    fileprivate func restore(
        _ old: Job, as new: JobDefinition, _ statements: [Query], for access: Access, now: Timestamp, in transaction: Transaction
    ) async throws {
        let organization = access.organization.id
        let boundary = try await boundary(of: old.id, organization: organization, now: now, in: transaction)
        let standing = new.standing(after: boundary, isPending: false)
        try await transaction.batch(
            statements + [
                """
                UPDATE job_states SET next_run_at = \(standing.next), passing_from = \(standing.passingFrom), pass_at = \(standing.passAt),
                    stretch_from = NULL, stretch_reason = NULL, row_from = NULL, row_count = NULL, set_aside = NULL
                WHERE organization_id = \(organization) AND job_id = \(old.id)
                """
            ] + Self.period(of: new, job: old.id, organization: organization, from: boundary))
    }
}

extension Refusal {
    /// The same about something within a document.
    fileprivate func within(_ place: String) -> Refusal {
        guard case .limitReached(let pointer, let sentence) = self else { return self }
        return .limitReached(pointer: place + (pointer ?? ""), sentence: sentence)
    }
}
