import JSON
import Scheduling
import Tenancy
import Time

/// A job as a row of the list. (The stored names are long because a template knows no name at two depths.)
struct JobRow: Sendable {
    struct Tag: Sendable { let tagName, tagPath: String }

    let rowID: String
    let rowPath: String
    let rowName: String
    let rowMark: String
    let rowState: String
    let isBad: Bool
    let rowTarget: String
    var rowTags: [Tag] = []
    var notes: [JobNote] = []
    let rowBars: String
    /// What a machine reads of the schedule; empty: it is said in words alone.
    var scheduleCode = ""
    var hasCode = false
    let scheduleWords: String
    /// One, or none.
    var lastRun: [Moment] = []
    var lastTook = ""
    var nextRun: [Moment] = []
    let isSelectable: Bool
}

extension JobRow {
    /// So many of a job's tags stand in its row.
    private static let mostTags = 3

    /// `recent` are its latest executions that have ended, newest first.
    init(
        _ job: Job, _ recent: [RecentExecution], isRunning: Bool, pausedBy pause: JobNote.Pause?, in query: JobsQuery, now: Timestamp,
        _ access: Access
    ) {
        let (definition, slug) = (job.definition, access.organization.slug)
        let standing = JobStanding(job.shownHealth(at: now), isRunning: isRunning)
        self.init(
            rowID: job.id.text, rowPath: Paths.filled(Paths.job, slug, job.id.text), rowName: definition.name, rowMark: standing.mark.svg,
            rowState: standing.word, isBad: standing.isFailing, rowTarget: Target(definition).inShort,
            rowBars: Bars(recent.reversed().map(Bars.Bar.init)).svg, scheduleWords: job.scheduleInWords,
            isSelectable: access.may(.changeJobs))
        rowTags = definition.tags.prefix(Self.mostTags).map { Tag(tagName: $0, tagPath: query.with(\.tag, $0).path(in: slug)) }
        notes = JobNote.all(of: job, recent, pausedBy: pause, now: now)
        scheduleCode = definition.schedule["cron"]?.string ?? ""
        hasCode = !scheduleCode.isEmpty
        if isRunning {
            lastRun = [Moment(now, words: "now")]
        } else if let last = recent.first {
            lastRun = [Moment(last.finishedAt, now: now)]
        }
        lastTook = recent.first?.durationMs.map { Words.duration(milliseconds: $0) } ?? ""
        nextRun = job.nextRunAt.map { [Moment($0, now: now)] } ?? []
    }
}

/// What a job calls, for people.
struct Target: Sendable {
    private static let longest = 72

    /// The whole address with its method.
    let full: String
    /// Without scheme and query, which may hold what is not everybody's to read, and cut where it is long.
    let inShort: String

    init(_ definition: JobDefinition) {
        guard let url = definition.config["url"]?.string else {
            (full, inShort) = (definition.plugin, definition.plugin)
            return
        }
        let method = definition.config["method"]?.string ?? (definition.config["body"]?.string == nil ? "GET" : "POST")
        var short = url[...]
        if let scheme = ["https://", "http://"].first(where: url.hasPrefix) {
            short = url.dropFirst(scheme.count).prefix { $0 != "?" && $0 != "#" }
            if short.hasSuffix("/"), !short.dropLast().contains("/") { short = short.dropLast() }
        }
        full = "\(method) \(url)"
        inShort = "\(method) \(short.count > Self.longest ? short.prefix(Self.longest) + "…" : short)"
    }
}

extension JobRow {
    private static let now = Timestamp(seconds: 1_795_000_000)

    /// One in each state.
    static let samples = [
        JobRow(
            rowID: "job_1", rowPath: "/acme/jobs/job_1", rowName: "Nightly <b> invoice export", rowMark: Mark.bad.svg, rowState: "Failing",
            isBad: true, rowTarget: "POST api.acme.dev/exports/nightly",
            rowTags: [Tag(tagName: "exports", tagPath: "/acme/jobs?tag=exports")],
            notes: [JobNote("HTTP 504 after 30.0\u{A0}s · 5 in a row", tone: "bad")],
            rowBars: Bars(Array(repeating: .good, count: 19) + Array(repeating: .bad, count: 5)).svg, scheduleCode: "0 2 * * *",
            hasCode: true,
            scheduleWords: "Every day at 02:00", lastRun: [Moment(now.adding(.seconds(-7_200)), now: now)], lastTook: "30.0\u{A0}s",
            nextRun: [Moment(now.adding(.seconds(75_600)), now: now)], isSelectable: true),
        JobRow(
            rowID: "job_2", rowPath: "/acme/jobs/job_2", rowName: "Rebuild sitemaps", rowMark: Mark.still.svg, rowState: "Paused",
            isBad: false, rowTarget: "POST shop.acme.dev/sitemap", notes: [JobNote("Paused by bob@example.com 12\u{A0}d ago")],
            rowBars: Bars([]).svg, scheduleWords: "Every 5 minutes", isSelectable: true),
    ]
}
