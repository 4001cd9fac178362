import Hummingbird
import JSON
import Scheduling
import Tenancy
import Time

/// An organization's first page.
struct OverviewPages: Sendable {
    let work: Work
    let pages: Pages
    let siteURL: String

    func addRoutes(to member: RouterGroup<MemberContext>) {
        member.get(Paths.organization, needs: .seeJobs, use: overview)
    }

    private static let mostTroubles = 8
    private static let mostDone = 10
    private static let mostNext = 8

    @Sendable private func overview(_ request: Request, _ context: MemberContext) async throws -> Response {
        let access = context.access
        async let today = work.executions.today(for: access)
        async let done = work.executions.page(after: nil, limit: Self.mostDone, withResponses: false, for: access)
        async let next = work.jobs.list(in: .nextRun, after: nil, limit: Self.mostNext, for: access)
        let counts = try await work.jobs.counts(for: access)
        async let usage = work.jobs.usage(of: nil, jobs: counts.all, for: access)
        let troubles = try await troubles(counts, access)
        async let recent = work.executions.recent(of: troubles.map(\.id), for: access)
        let named = try await done
        let titles = try await work.jobs.titles(of: named.map(\.jobID), for: access)
        let incidents = try await work.alerts.incidents.open(of: troubles.map(\.id), for: access)
        let facts = OverviewPage.Facts(
            counts: counts, today: try await today, usage: try await usage, troubles: troubles, incidents: incidents,
            recent: try await recent, done: named, titles: titles,
            next: try await next.map(\.job), now: work.now)
        let page = OverviewPage(facts, access, viewer: context.viewer, icon: pages.assets.icon(hasAlarm: facts.counts.failing > 0), siteURL)
        return pages.answer(page, to: context.viewer)
    }

    /// The failing ones, then the late ones. What is not there is not asked for.
    private func troubles(_ counts: JobCounts, _ access: Access) async throws -> [Job] {
        var jobs: [Job] = []
        for (health, count) in [("failing", counts.failing), ("late", counts.late)] where count > 0 && jobs.count < Self.mostTroubles {
            let limit = Self.mostTroubles - jobs.count
            jobs += try await work.jobs.list(.init(health: health), in: .changedLast, after: nil, limit: limit, for: access).map(\.job)
        }
        return jobs
    }
}

extension OverviewPage {
    /// What the page is made of.
    struct Facts: Sendable {
        let counts: JobCounts
        let today: Today
        let usage: JSON
        let troubles: [Job]
        let incidents: [Job.Identifier: [Incident]]
        let recent: [Job.Identifier: [RecentExecution]]
        let done: [Execution]
        let titles: [Job.Identifier: Jobs.Title]
        let next: [Job]
        let now: Timestamp
    }

    init(_ facts: Facts, _ access: Access, viewer: Viewer, icon: String, _ siteURL: String) {
        let slug = access.organization.slug
        let (counts, failing) = (facts.counts, facts.counts.failing)
        let more = failing + counts.late - facts.troubles.count
        self.init(
            title: (failing > 0 ? "▲ \(failing) failing · " : "") + "Overview · \(access.organization.name)",
            organization: access.organization.name, hasAlarm: failing > 0,
            iconPath: icon, livePath: Fragments.path("overviewlive", of: viewer.place), sentence: JobsPage.sentence(counts),
            numbers: Self.numbers(facts, slug), hasTroubles: !facts.troubles.isEmpty,
            troubles: facts.troubles.map { Trouble($0, facts.recent[$0.id] ?? [], facts.incidents[$0.id] ?? [], slug, now: facts.now) },
            hasMoreTroubles: more > 0,
            moreTroubles: "\(Words.count(more)) more", troublesPath: Paths.filled(Paths.jobs, slug),
            hasJobs: counts.all > 0, hasDone: !facts.done.isEmpty,
            done: facts.done.map { Done($0, facts.titles[$0.jobID]?.name ?? "A deleted job", slug, now: facts.now) },
            hasNext: !facts.next.isEmpty,
            next: facts.next.compactMap { Next($0, slug, now: facts.now) }, mayMake: access.may(.changeJobs),
            newJobPath: Paths.filled(Paths.newJob, slug), jobsPath: Paths.filled(Paths.jobs, slug),
            executionsPath: Paths.filled(Paths.executions, slug), curl: CurlExample.newJob(at: siteURL))
    }

    private static func numbers(_ facts: Facts, _ slug: String) -> [Number] {
        let (executions, jobs) = (Paths.filled(Paths.executions, slug), Paths.filled(Paths.jobs, slug))
        let midnight = String(facts.now.rfc3339.prefix(10)) + "T00:00:00Z"
        let ran = facts.today.succeeded + facts.today.failed
        let rate = ran == 0 ? "–" : Words.share(facts.today.succeeded, of: ran)
        let used = facts.usage["executions_used"]?.int ?? 0
        let limit = facts.usage["executions_limit"]?.int
        let forecast = facts.usage["forecast"]?["executions"]?.int
        return [
            Number(
                numberLabel: "Executions today", numberValue: Words.count(ran),
                numberNote: facts.today.notRun > 0 ? "\(Words.count(facts.today.notRun)) did not run" : "UTC",
                numberPath: Paths.query(executions, [("since", midnight)])),
            Number(
                numberLabel: "Succeeded", numberValue: rate,
                numberNote: facts.today.failed > 0 ? "\(Words.count(facts.today.failed)) failed" : "today",
                numberPath: Paths.query(executions, [("since", midnight), ("status", "failed,timeout")])),
            Number(
                numberLabel: "Failing jobs", numberValue: Words.count(facts.counts.failing),
                numberNote: "of \(Words.count(facts.counts.all))",
                numberPath: Paths.query(jobs, [("health", "failing")])),
            Number(
                numberLabel: "Used this month",
                numberValue: limit.map { "\(Words.count(used)) of \(Words.count($0))" } ?? Words.count(used),
                numberNote: forecast.map { "about \(Words.count($0)) by its end" } ?? "", numberPath: jobs),
        ]
    }
}

extension OverviewPage.Trouble {
    init(_ job: Job, _ recent: [RecentExecution], _ incidents: [Incident], _ slug: String, now: Timestamp) {
        let standing = JobStanding(job.shownHealth(at: now), isRunning: false)
        self.init(
            troubleID: "trouble-\(job.id)", troubleMark: standing.mark.svg, troubleState: standing.word, isBad: standing.isFailing,
            troubleName: job.definition.name,
            troublePath: Paths.filled(Paths.job, slug, job.id.text), notes: JobNote.all(of: job, recent, pausedBy: nil, now: now),
            incidentLinks: incidents.prefix(1).map { incident in
                let words = "Incident, opened \(Moment.words(incident.openedAt, now: now))" + (incident.silence == nil ? "" : ", muted")
                return .init(incidentPath: Paths.filled(Paths.incident, slug, incident.id.text), incidentWords: words)
            },
            troubleBars: Bars(recent.reversed().map(Bars.Bar.init)).svg,
            troubleLast: recent.first.map { [Moment($0.finishedAt, now: now)] } ?? [])
    }
}

extension OverviewPage.Done {
    init(_ execution: Execution, _ job: String, _ slug: String, now: Timestamp) {
        self.init(
            doneID: execution.id.text, doneMark: execution.status.mark.svg, doneStatus: execution.status.word, doneJob: job,
            donePath: Paths.filled(Paths.execution, slug, execution.id.text), doneWhen: [Moment(execution.scheduledFor, now: now)],
            doneTook: execution.durationMs.map { Words.duration(milliseconds: $0) } ?? "",
            hasWhy: execution.reason != nil, doneWhy: execution.reason == nil ? "" : Ending(execution).words)
    }
}

extension OverviewPage.Next {
    init?(_ job: Job, _ slug: String, now: Timestamp) {
        guard let at = job.nextRunAt else { return nil }
        self.init(
            nextID: "next-\(job.id)", nextJob: job.definition.name, nextPath: Paths.filled(Paths.job, slug, job.id.text),
            nextWhen: [Moment(at, now: now)])
    }
}
