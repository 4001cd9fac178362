import Hummingbird
import JSON
import Scheduling
import Tenancy
import Time

/// One job's page.
extension JobsPages {
    private static let mostRuns = 10
    /// So long it is said that a zone's rules have moved the next run.
    private static let newsOfZones: Duration = .seconds(30 * 86_400)

    @Sendable func show(_ request: Request, _ context: MemberContext) async throws -> Response {
        let job = try await find(context)
        return try await show(job, forms(of: job, context), context)
    }

    func forms(of job: Job, _ context: MemberContext) -> JobForms {
        JobForms(of: job, passedOver: Int(job.json(now: work.now)["passed_over"]?.int ?? 0), context)
    }

    /// The page with these forms on it, which may say what is wrong with what was typed into them.
    func show(_ job: Job, _ forms: JobForms, _ context: MemberContext) async throws -> Response {
        let (access, id, now) = (context.access, job.id, work.now)
        async let preview = work.jobs.preview(of: job, for: access)
        async let recent = work.executions.recent(of: [id], for: access)
        async let latest = work.executions.page(of: id, after: nil, limit: Self.mostRuns, for: access)
        async let days = work.executions.days(of: id, for: access)
        async let running = work.executions.running(of: [id], for: access)
        async let pauses = pauses(of: [job], for: access)
        async let channels = work.alerts.channels.names(for: access)
        let incidents = try await work.alerts.incidents.open(of: [id], for: access)[id] ?? []
        let moved = try await people.auditLog.latest("job.next_run_moved", on: [id.text], for: access)[id.text]?.at
        let content = JobPage.Content(
            job: job, preview: try await preview, recent: try await recent[id] ?? [], executions: try await latest,
            days: try await days, isRunning: try await !running.isEmpty, pause: try await pauses[id],
            movedAt: moved.flatMap { $0.adding(Self.newsOfZones) > now ? $0 : nil },
            incidents: incidents, tellings: try await work.alerts.incidents.tellings(of: incidents, for: access),
            channels: try await channels, now: now)
        let page = JobPage(content, forms, of: context.viewer, access, siteURL: siteURL, assets: pages.assets)
        return pages.answer(page, to: context.viewer)
    }
}
