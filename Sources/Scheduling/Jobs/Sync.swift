import JSON
import Postgres
import Tenancy
import Time

/// One pass over a document.
struct Sync {
    /// A job that is to be another.
    struct Change {
        let old: Job
        let reading: Jobs.Reading
        /// Whether it was deleted.
        let isRestored: Bool

        var new: JobDefinition { reading.definition }
        var verb: Jobs.Verb { isRestored ? .restore : .change }
    }

    /// What the transaction may take, and wait for another one's: a document of thousands takes its time.
    private static let patience = "20000"

    var report = SyncReport()
    private(set) var made: [(new: NewJob, index: Int)] = []
    private(set) var changed: [Change] = []
    private(set) var removed: [Job] = []
    private var managed = 0
    private var errors: [FieldError] = []
    private var notManaged: [String] = []
    let access: Access
    /// When what there is was read; what is written is decided later, behind the locks.
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
                errors += error.within("/jobs/\(index)").errors
                if errors.count >= InvalidInput.mostErrors { break }
            } catch let error as Refusal {
                throw error.within("/jobs/\(index)")
            }
        }
        try await checkChannels(drafts, by: jobs, in: transaction)
        if !errors.isEmpty { throw InvalidInput(errors: errors) }
        if !notManaged.isEmpty { throw Refusal.notManaged(pointers: notManaged) }
        if document["delete_removed"]?.bool ?? false { leaveOut(live, but: Set(keys)) }
        try await checkCount(in: transaction)
    }

    /// In one statement for all that is made or changed.
    private mutating func checkChannels(_ drafts: [JSON], by jobs: Jobs, in transaction: Transaction) async throws {
        let places = Dictionary(drafts.enumerated().map { ($1["key"]?.string ?? "", $0) }) { first, _ in first }
        let all =
            made.map { (index: $0.index, new: $0.new.definition, old: JobDefinition?.none) }
            + changed.map { (places[$0.new.key ?? ""] ?? 0, $0.new, $0.old.definition) }
        let faults = try await jobs.faults(inChannelsOf: all.map { ($0.new, $0.old) }, for: access, over: transaction)
        for (index, fault) in faults.sorted(by: { all[$0.key].index < all[$1.key].index }) {
            errors += fault.within("/jobs/\(all[index].index)").errors
        }
    }

    private static func read(
        _ keys: [String], of jobs: Jobs, for access: Access, now: Timestamp, isPlan: Bool, in transaction: Transaction
    ) async throws -> (live: [String: Job], gone: [String: Job]) {
        let organization = access.organization.id
        try await transaction.query(
            """
            SELECT set_config('statement_timeout', \(patience), true), set_config('idle_in_transaction_session_timeout', \(patience), true)
            """)
        // Two at once go one after the other; so do those who make jobs where their number is bounded.
        if !isPlan {
            try await transaction.query(
                "SELECT FROM entitlements WHERE organization_id = \(organization) FOR UPDATE", timeout: .seconds(21))
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
                WHERE j.organization_id = \(organization) AND j.deleted_at > \(now.adding(.zero - Jobs.regret)) AND j.managed_by IS NOT NULL
                    AND j.key = ANY (\(keys))
                ORDER BY j.key, j.deleted_at DESC
                """,
            ])
        let found = try answers.map { try $0.map { try Job($0, jobs.plugins) } }
        let byKey = found.map { Dictionary($0.compactMap { job in job.definition.key.map { ($0, job) } }) { first, _ in first } }
        return (byKey[0], byKey[1])
    }

    private mutating func make(_ draft: JSON, at index: Int, by jobs: Jobs) throws {
        let new = try jobs.prepare(draft, isChecked: true, managedBy: "sync", at: now, for: access)
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
        let reading = try jobs.read(.object(full), of: old.id, changing: old, isChecked: true, for: access, now: now)
        if isRestored { try checkRestored(old, as: reading.definition, by: jobs) }
        guard try isRestored || jobs.isChange(of: old, to: reading, managedBy: "sync", for: access) else { return report.unchanged += 1 }
        changed.append(Change(old: old, reading: reading, isRestored: isRestored))
        let action: SyncReport.Action = isRestored ? .restore : old.managedBy == nil ? .adopt : .update
        let fields = Jobs.fields(from: old.definition.members, to: reading.definition.members)
        let secrets = reading.changed.map { ("/config" + $0.pointer, ConfigPath.mask, ConfigPath.mask) }
        report.changes.append(
            .init(action: action, key: old.definition.key ?? "", name: reading.definition.name, id: old.id, fields: fields + secrets))
    }

    /// It comes back as if it were made now: within the plan, and with something to come, unless it has run.
    private func checkRestored(_ old: Job, as new: JobDefinition, by jobs: Jobs) throws {
        try jobs.check(new, against: access.entitlements)
        guard old.lastExecution == nil, let schedule = new.readSchedule() else { return }
        try JobDefinition.refuseIfOver(schedule, saidAs: new.schedule, after: now)
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
}

extension Refusal {
    /// The same about something within a document.
    fileprivate func within(_ place: String) -> Refusal {
        guard case .limitReached(let pointer, let sentence) = self else { return self }
        return .limitReached(pointer: place + (pointer ?? ""), sentence: sentence)
    }
}
