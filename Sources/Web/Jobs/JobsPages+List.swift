import Hummingbird
import JSON
import Scheduling
import Tenancy

/// The list of jobs.
extension JobsPages {
    /// As many as a page of 30 KB has room for.
    static let perPage = 18
    /// Of these, what is wrong comes first.
    private static let mostFailing = 10
    private static let mostLate = 5

    @Sendable func list(_ request: Request, _ context: MemberContext) async throws -> Response {
        let query = JobsQuery(try request.query(JobsQuery.fields))
        if query.deleted { return try await listDeleted(query, context) }
        let access = context.access
        let counts = try await work.jobs.counts(for: access)
        async let usage = work.jobs.usage(of: nil, jobs: counts.all, for: access)
        let (jobs, next) = try await page(query, counts, access)
        let content = JobsPage.Content(
            query: query, counts: counts, usage: try await usage, rows: try await rows(jobs, query, access), next: next)
        let icon = counts.failing > 0 ? pages.assets.alarmIcon.url : pages.assets.icon.url
        return pages.answer(JobsPage(content, of: context.viewer, access, siteURL: siteURL, icon: icon), to: context.viewer)
    }

    private func page(
        _ query: JobsQuery, _ counts: JobCounts, _ access: Access
    ) async throws -> (jobs: [Job], next: JobsQuery?) {
        let first = query.isPlain ? try await trouble(counts, access) : []
        let limit = Self.perPage - first.count
        let listed = try await work.jobs.list(query.filter, in: query.order, after: query.position, limit: limit + 1, for: access)
        let known = Set(first.map(\.id.text) + query.shown)
        let page = listed.prefix(limit)
        let next = listed.count > limit ? page.last.map { query.behind($0.position, first) } : nil
        return (first + page.map(\.job).filter { !known.contains($0.id.text) }, next)
    }

    /// What fails and what is late: whoever opens the list comes for these.
    private func trouble(_ counts: JobCounts, _ access: Access) async throws -> [Job] {
        var jobs: [Job] = []
        for (health, count, most) in [("failing", counts.failing, Self.mostFailing), ("late", counts.late, Self.mostLate)] where count > 0 {
            jobs += try await work.jobs.list(.init(health: health), in: .newestFirst, after: nil, limit: most, for: access).map(\.job)
        }
        return jobs
    }

    private func rows(_ jobs: [Job], _ query: JobsQuery, _ access: Access) async throws -> [JobRow] {
        guard !jobs.isEmpty else { return [] }
        let ids = jobs.map(\.id)
        async let running = work.executions.running(of: ids, for: access)
        async let pauses = pauses(of: jobs, for: access)
        let recent = try await work.executions.recent(of: ids, for: access)
        let (isRunning, pausedBy, now) = (try await running, try await pauses, work.now)
        return jobs.map { job in
            JobRow(
                job, recent[job.id] ?? [], isRunning: isRunning.contains(job.id), pausedBy: pausedBy[job.id], in: query, now: now, access)
        }
    }
}
