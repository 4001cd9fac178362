import JSON
import Postgres
import Tenancy
import Time

/// Making jobs: one, many, and those of a document alike.
extension Jobs {
    /// Makes a job. `isChecked`: the draft's shape has let it through already. Throws `InvalidInput` by member, `Refusal.limitReached`.
    public func create(_ draft: JSON, isChecked: Bool = false, for access: Access) async throws -> Job {
        let new = try prepare(draft, isChecked: isChecked, at: engine.clock.now(), for: access)
        try await checkChannels(of: new.definition, for: access)
        guard let fate = try await make([new]).first else { throw Refusal.notFound }
        if let error = Self.error(of: fate, for: access) { throw error }
        return Job(new)
    }

    /// Makes those of many jobs that can be made, and answers for each what became of it. Throws `PostgresError`: then none is made.
    public func create(_ drafts: [JSON], for access: Access) async throws -> [Result<Job, any Error>] {
        let now = engine.clock.now()
        var read = drafts.map { draft in Result { try prepare(draft, at: now, for: access) } }
        let prepared = read.enumerated().compactMap { place, result in (try? result.get()).map { (place, $0.definition) } }
        for (index, fault) in try await faults(inChannelsOf: prepared.map { ($0.1, nil) }, for: access) {
            read[prepared[index].0] = .failure(fault)
        }
        let fit = read.compactMap { try? $0.get() }
        var fates = zip(fit, try await make(fit)).makeIterator()
        return read.map { result in
            result.flatMap { _ in
                guard let (new, fate) = fates.next() else { return .failure(Refusal.notFound) }
                return Self.error(of: fate, for: access).map { .failure($0) } ?? .success(Job(new))
            }
        }
    }

    /// A job to be made of a draft. Throws `InvalidInput` by member, `Refusal.limitReached`.
    func prepare(
        _ draft: JSON, isChecked: Bool = false, managedBy manager: String? = nil, at now: Timestamp, for access: Access
    ) throws -> NewJob {
        let id = ID<Job>(at: now)
        let reading = try read(draft, of: id, isChecked: isChecked, for: access, now: now)
        try check(reading.definition, against: access.entitlements)
        let audit = entry(created: id, as: reading.definition, for: access, now: now)
        return NewJob(id, reading, managedBy: manager, madeAt: now, for: access, audit: audit)
    }

    private func make(_ jobs: [NewJob]) async throws -> [NewJob.Fate] {
        try await makeDays(for: jobs)
        let fates = try await maker.make(jobs)
        Failpoint.jobSaved.reached()
        (jobs.contains { $0.firstID != nil } ? engine.dueBell : engine.jobsBell).ring()
        return fates
    }

    /// Where the executions of those will lie that are queued at once.
    func makeDays(for jobs: [NewJob]) async throws {
        let times = jobs.filter { $0.firstID != nil }.compactMap { job in job.standing.next.map { (job.access.entitlements.keepDays, $0) } }
        if !times.isEmpty { try await engine.partitions.ensure(times) }
    }

    /// Why a job was not made; nil: it was.
    static func error(of fate: NewJob.Fate, for access: Access) -> (any Error)? {
        switch fate {
        case .made: nil
        case .keyTaken: keyTaken
        case .noPlace: Refusal.jobs(access.entitlements.jobs ?? 0, plan: access.entitlements.plan)
        }
    }

    static let keyTaken = InvalidInput(
        pointer: "/key", code: "taken", detail: "Another job has this key. Choose another, or change that job.")
}
