import JSON
import Scheduling
import Tenancy

/// The list of jobs, which keeps itself up to date.
struct JobsPage: Page {
    static let template = "jobs"
    static let fragments: Set = ["jobslive"]

    /// Jobs that stand in one way, counted: a link to them.
    struct Tab: Sendable { let tabName, tabPath, tabCount: String, isChosen: Bool }
    /// What the form of filters takes along.
    struct Kept: Sendable { let keptName, keptValue: String }
    struct Choice: Sendable { let choiceValue, choiceName: String, isInForce: Bool }
    /// A filter in force, and the way out of it.
    struct Filter: Sendable { let filterWords, filterExit: String }

    let title: String
    let hasAlarm: Bool
    let tabIcon: String
    let livePath: String
    /// What is wrong, in a sentence; and what is used of the plan.
    let sentence: String
    let usage: String
    let mayChange: Bool
    let newPath: String
    /// There is no job at all.
    let hasNoJobs: Bool
    let example: String
    let keysPath: String
    let mayManageKeys: Bool

    let tabs: [Tab]
    let listPath: String
    let searchText: String
    let kept: [Kept]
    let sorts: [Choice]
    let filters: [Filter]

    let bulkPath: String
    let bulkToken: String
    let returnTo: String
    let rows: [JobRow]
    let hasRows: Bool
    /// What stands where no rows do.
    let nothing: String
    let hasNext: Bool
    let nextPath: String
    let isFurther: Bool
    let firstPath: String
    let deletedPath: String
}

extension JobsPage {
    /// What is read for it.
    struct Content: Sendable {
        let query: JobsQuery
        let counts: JobCounts
        let usage: JSON
        let rows: [JobRow]
        /// The page behind the last row; nil: that is the end.
        let next: JobsQuery?
    }

    init(_ content: Content, of viewer: Viewer, _ access: Access, siteURL: String, icon: String) {
        let (query, counts, slug) = (content.query, content.counts, access.organization.slug)
        let mark = counts.failing > 0 ? "▲ \(Words.count(counts.failing)) failing · " : ""
        let next = content.next.map { $0.path(in: slug) }
        self.init(
            title: "\(mark)Jobs · \(access.organization.name)", hasAlarm: counts.failing > 0, tabIcon: icon,
            livePath: Fragments.path("jobslive", of: query.path(in: slug)), sentence: Self.sentence(counts),
            usage: Self.words(ofUsage: content.usage), mayChange: access.may(.changeJobs), newPath: Paths.filled(Paths.newJob, slug),
            hasNoJobs: counts.all == 0, example: CurlExample.newJob(at: siteURL), keysPath: Paths.filled(Paths.keys, slug),
            mayManageKeys: access.may(.manageKeys), tabs: Self.tabs(counts, query, slug), listPath: Paths.filled(Paths.jobs, slug),
            searchText: query.search, kept: Self.kept(query), sorts: Self.sorts(query), filters: Self.filters(query, slug),
            bulkPath: Paths.filled(Paths.jobsAction, slug), bulkToken: viewer.formToken, returnTo: query.path(in: slug),
            rows: content.rows, hasRows: !content.rows.isEmpty, nothing: Self.nothing(query), hasNext: next != nil, nextPath: next ?? "",
            isFurther: !query.cursor.isEmpty, firstPath: query.with(\.cursor, "").path(in: slug),
            deletedPath: JobsQuery().with(\.deleted, true).path(in: slug))
    }

    /// `1 failing, 1 late.`
    static func sentence(_ counts: JobCounts) -> String {
        let parts = [(counts.failing, "failing"), (counts.late, "late")].filter { $0.0 > 0 }.map { "\(Words.count($0.0)) \($0.1)" }
        if !parts.isEmpty { return parts.joined(separator: ", ") + "." }
        return counts.all == 0 ? "" : "Nothing is failing or late."
    }

    /// `4,812 of 10 k executions used in November.`
    static func words(ofUsage usage: JSON) -> String {
        let names = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
        ]
        let month = usage["month"]?.string.flatMap { Int($0.suffix(2)) }.map { names[($0 + 11) % 12] } ?? "this month"
        let used = Words.count(usage["executions_used"]?.int ?? 0)
        guard let limit = usage["executions_limit"]?.int else { return "\(used) executions used in \(month)." }
        return "\(used) of \(Words.count(limit)) executions used in \(month)."
    }

    private static func tabs(_ counts: JobCounts, _ query: JobsQuery, _ slug: String) -> [Tab] {
        let all = [
            ("All", "", counts.all), ("Failing", "failing", counts.failing), ("Late", "late", counts.late),
            ("Healthy", "healthy", counts.healthy), ("Paused", "paused", counts.paused),
        ]
        return all.map { name, health, count in
            Tab(
                tabName: name, tabPath: query.with(\.health, health).path(in: slug), tabCount: Words.count(count),
                isChosen: query.health == health)
        }
    }

    private static func kept(_ query: JobsQuery) -> [Kept] {
        [("health", query.health), ("tag", query.tag)].filter { !$0.1.isEmpty }.map { Kept(keptName: $0.0, keptValue: $0.1) }
    }

    private static func sorts(_ query: JobsQuery) -> [Choice] {
        let all: [(Jobs.Order?, String)] = [
            (nil, "Trouble first"), (.name, "By name"), (.nextRun, "Next run first"), (.changedLast, "Changed last"),
            (.newestFirst, "Newest first"), (.oldestFirst, "Oldest first"),
        ]
        return all.map { order, name in
            Choice(choiceValue: order?.rawValue ?? "", choiceName: name, isInForce: query.sort == order?.rawValue ?? "")
        }
    }

    private static func filters(_ query: JobsQuery, _ slug: String) -> [Filter] {
        let all = [
            (query.search, "Found for “\(query.search)”", query.with(\.search, "")),
            (query.tag, "Tagged “\(query.tag)”", query.with(\.tag, "")),
        ]
        return all.filter { !$0.0.isEmpty }.map { Filter(filterWords: $0.1, filterExit: $0.2.path(in: slug)) }
    }

    private static func nothing(_ query: JobsQuery) -> String {
        let kind = query.health.isEmpty ? "jobs" : "\(query.health) jobs"
        return query.search.isEmpty && query.tag.isEmpty ? "No \(kind)" : "No \(kind) match"
    }
}

extension JobsPage {
    static let samples = [
        sample(JobCounts(), [], JobsQuery()),
        sample(
            JobCounts(healthy: 3, late: 1, failing: 1, paused: 1), JobRow.samples,
            JobsQuery(["search": "ex", "tag": "a & b", "health": "failing", "sort": "name", "cursor": "x"]), next: "job_2"),
        sample(JobCounts(healthy: 3), [], JobsQuery(["health": "failing"])),
    ]

    private static func sample(_ counts: JobCounts, _ rows: [JobRow], _ query: JobsQuery, next: String = "") -> JobsPage {
        JobsPage(
            title: "Jobs · Acme", hasAlarm: counts.failing > 0, tabIcon: "/i", livePath: "/acme/jobs?fragment=jobslive",
            sentence: sentence(counts),
            usage: words(ofUsage: ["month": "2026-11", "executions_used": 4_812, "executions_limit": 10_000]), mayChange: true,
            newPath: "/acme/jobs/new", hasNoJobs: counts.all == 0, example: CurlExample.newJob(at: "https://prikke.test"),
            keysPath: "/acme/keys",
            mayManageKeys: true, tabs: tabs(counts, query, "acme"), listPath: "/acme/jobs", searchText: query.search, kept: kept(query),
            sorts: sorts(query), filters: filters(query, "acme"), bulkPath: "/acme/jobs/bulk", bulkToken: "t",
            returnTo: query.path(in: "acme"),
            rows: rows, hasRows: !rows.isEmpty, nothing: nothing(query), hasNext: !next.isEmpty, nextPath: next,
            isFurther: !query.cursor.isEmpty,
            firstPath: "/acme/jobs", deletedPath: "/acme/jobs?deleted=true")
    }
}
