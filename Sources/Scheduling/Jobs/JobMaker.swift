import Postgres
import Tenancy

/// Makes jobs, many at a time: those that an organization asks for while some of its are being written make the next batch. So a
/// burst of small requests costs a fraction of the flushes, and of the locks on the organization's row, that it would one by one.
///
/// Each organization has its own: nobody waits for another one's lock.
actor JobMaker {
    /// Of one batch: more would keep the first waiting for the last.
    private static let largestBatch = 250

    private typealias Waiting = (jobs: [NewJob], answered: CheckedContinuation<Result<[NewJob.Fate], any Error>, Never>)

    private let database: Database
    private var waiting: [ID<Organization>: [Waiting]] = [:]

    init(_ database: Database) { self.database = database }

    /// Makes those of one organization that can be made, and answers each one's fate. Throws `PostgresError`: then none of them is.
    func make(_ jobs: [NewJob]) async throws -> [NewJob.Fate] {
        guard let organization = jobs.first?.organization else { return [] }
        return try await withCheckedContinuation { answered in
            let isWriting = waiting[organization] != nil
            waiting[organization, default: []].append((jobs, answered))
            if !isWriting { Task { await writeAll(of: organization) } }
        }.get()
    }

    private func writeAll(of organization: ID<Organization>) async {
        while let all = waiting[organization], !all.isEmpty {
            let batch = Self.cut(all)
            waiting[organization] = Array(all.dropFirst(batch.count))
            await write(batch)
        }
        waiting[organization] = nil
    }

    /// The next to be written: at least one.
    private static func cut(_ all: [Waiting]) -> [Waiting] {
        var rows = 0
        let batch = all.prefix { one in
            rows += one.jobs.count
            return rows <= largestBatch
        }
        return batch.isEmpty ? [all[0]] : Array(batch)
    }

    private func write(_ batch: [Waiting]) async {
        do {
            var fates = try await insert(batch.flatMap(\.jobs))[...]
            for one in batch {
                one.answered.resume(returning: .success(Array(fates.prefix(one.jobs.count))))
                fates = fates.dropFirst(one.jobs.count)
            }
        } catch {
            // What one request asks for must not fail the others.
            guard batch.count > 1, (error as? PostgresError)?.outcomeUnknown != true else {
                return batch.forEach { $0.answered.resume(returning: .failure(error)) }
            }
            for one in batch { await write([one]) }
        }
    }

    private func insert(_ jobs: [NewJob]) async throws -> [NewJob.Fate] {
        try NewJob.fates(in: await database.batchWithPatience(NewJob.insertions(of: jobs, over: database)))
    }
}
