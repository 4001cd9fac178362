import Scheduling
import Testing
import Time

@testable import Tenancy
@testable import Web

/// What the pages of jobs say, and how large they get.
@Suite struct JobsPageTests {
    @Test(arguments: [
        (JobCounts(healthy: 4, late: 1, failing: 1), "1 failing, 1 late."),
        (JobCounts(healthy: 4, failing: 12_345), "12.3\u{A0}k failing."),
        (JobCounts(healthy: 4, paused: 1), "Nothing is failing or late."), (JobCounts(), ""),
    ])
    func theSentenceSaysWhatIsWrong(counts: JobCounts, sentence: String) { #expect(JobsPage.sentence(counts) == sentence) }

    @Test func theUsageIsToldOfItsMonth() {
        #expect(
            JobsPage.words(ofUsage: ["month": "2026-11", "executions_used": 4_812, "executions_limit": 10_000])
                == "4,812 of 10\u{A0}k executions used in November.")
        #expect(
            JobsPage.words(ofUsage: ["month": "2027-01", "executions_used": 3, "executions_limit": .null])
                == "3 executions used in January.")
    }

    @Test(arguments: [
        ("healthy", false, "Healthy"), ("healthy", true, "Running"), ("late", false, "Late"), ("late", true, "Running"),
        ("failing", true, "Failing"), ("paused", true, "Paused"),
    ])
    func whatIsWrongIsSaidBeforeWhatRuns(health: String, isRunning: Bool, word: String) {
        let standing = JobStanding(health, isRunning: isRunning)
        #expect(standing.word == word)
        #expect(standing.isFailing == (word == "Failing"))
    }

    @Test func anAddressSaysAllOfAListAndNothingThatIsUsual() {
        #expect(JobsQuery().path(in: "acme") == "/acme/jobs")
        let query = JobsQuery(["health": "failing", "tag": "a b", "search": "50%", "sort": "name", "cursor": "x"])
        #expect(query.path(in: "acme") == "/acme/jobs?health=failing&tag=a%20b&search=50%25&sort=name&cursor=x")
        #expect(query.with(\.health, "").path(in: "acme") == "/acme/jobs?tag=a%20b&search=50%25&sort=name")
        #expect(query.order == .name && query.position == nil)
    }

    @Test func manyAreReportedWithWhatKeptTheOthers() {
        var report = BulkReport(.run)
        #expect(report.sentence == "No job started.")
        report.succeed()
        #expect(report.sentence == "1 job started.")
        report.succeed()
        for name in ["A", "B", "C", "D", "E"] { report.fail(name, "The plan is used up.") }
        report.fail("F", "It is not there any more.")
        #expect(report.sentence == "2 jobs started. Not A, B, C and 2 more: The plan is used up. Not F: It is not there any more.")
    }

    @Test func aFullPageKeepsItsBudget() throws {
        let content = JobsPage.samples[1]
        let rows = (0..<JobsPages.perPage).map { row(isFailing: $0 % 3 == 0) }
        let page = JobsPage(
            title: content.title, hasAlarm: true, tabIcon: content.tabIcon, livePath: content.livePath, sentence: content.sentence,
            usage: content.usage, mayChange: true, newPath: content.newPath, hasNoJobs: false, example: content.example,
            keysPath: content.keysPath, mayManageKeys: true, tabs: content.tabs, listPath: content.listPath, searchText: content.searchText,
            kept: content.kept, sorts: content.sorts, filters: content.filters, bulkPath: content.bulkPath,
            bulkToken: String(repeating: "t", count: 43), returnTo: content.returnTo, rows: rows, hasRows: true, nothing: "", hasNext: true,
            nextPath: content.returnTo, isFurther: true, firstPath: content.firstPath, deletedPath: content.deletedPath)
        let viewer = Viewer(
            formToken: String(repeating: "t", count: 43),
            navigation: Navigation(
                email: "ada@example.com", organizations: [("Acme", "acme")], access: access([.read, .write, .manage]), invites: 2,
                path: "/acme/jobs"))
        let size = try Views().html(page, assets: Assets(), viewer: viewer).utf8.count
        #expect(size < 30 * 1_024, "\(size) bytes")
    }

    /// As long as one is that people make: tagged, with its history; one in three with failures all over it.
    private func row(isFailing: Bool) -> JobRow {
        let now = Timestamp(seconds: 1_795_000_000)
        let mixed: [Bars.Bar] = (0..<24).map { [.good, .good, .good, .late, .good, .bad][$0 % 6] }
        let good = Array(repeating: Bars.Bar.good, count: 24)
        return JobRow(
            rowID: "job_01jd3w8k4dfk1q2v7c9r5t0xyz", rowPath: "/acme-industries/jobs/job_01jd3w8k4dfk1q2v7c9r5t0xyz",
            rowName: "Nightly export of all invoices", rowMark: isFailing ? Mark.bad.svg : Mark.good.svg,
            rowState: isFailing ? "Failing" : "Healthy", isBad: isFailing, rowTarget: "POST api.acme-industries.example/exports/nightly",
            rowTags: [.init(tagName: "exports", tagPath: "/acme-industries/jobs?tag=exports")],
            notes: isFailing ? [JobNote("HTTP 504 after 30.0\u{A0}s · 5 in a row", tone: "bad")] : [],
            rowBars: Bars(isFailing ? mixed : good).svg, scheduleCode: "0 2 * * 1-5", hasCode: true,
            scheduleWords: "At 02:00, Monday to Friday (Europe/Oslo)", lastRun: [Moment(now, now: now)], lastTook: "30.0\u{A0}s",
            nextRun: [Moment(now, now: now)], isSelectable: true)
    }
}

/// What charts and bars are made of.
@Suite struct DrawingTests {
    @Test func barsThatAreAlikeAreOneStroke() {
        let svg = Bars(Array(repeating: .good, count: 22) + [.bad, .bad]).svg
        #expect(svg.contains("<path class=\"b-ok\" d=\"M0 9h109\"/>"))
        #expect(svg.contains("<path class=\"b-bad\" d=\"M110 9h9\"/>"))
        #expect(svg.contains("aria-label=\"Last 24: 22 succeeded, 2 failed\""))
        #expect(Bars([]).svg.contains("No executions yet"))
    }

    @Test func aLineIsBrokenWhereNothingIsKnown() {
        let svg = Drawing(lines: [("g-line", [1, 2, nil, 2, nil])]).svg
        #expect(svg.contains("d=\"M30 30h.1L90 1M210 1h.1\""))
    }

    @Test func whatIsLittleIsSeenAllTheSame() {
        let svg = Drawing(bars: [[1_000, 1], [0, 0]], classes: ["g-ok", "g-bad"]).svg
        #expect(svg.contains("<path class=\"g-bad\" d=\"M0 0h149v1.5h-149z\"/>"))
        #expect(Drawing(bars: [], classes: ["g-ok"]).svg.contains("<svg class=\"chart\""))
    }

    @Test func whereNothingWasDueThereIsNoChart() {
        let day = JobDay(
            day: .init(seconds: 1_795_000_000), succeeded: 0, failed: 0, notRun: 0, medianMs: nil, p95Ms: nil, latenessP50Ms: nil,
            latenessP99Ms: nil)
        #expect(JobCharts.all([day]).isEmpty)
        let busy = JobDay(
            day: day.day, succeeded: 999, failed: 1, notRun: 2, medianMs: 242, p95Ms: 1_200, latenessP50Ms: 3, latenessP99Ms: 48)
        let charts = JobCharts.all([day, busy])
        #expect(charts.map(\.chartTitle) == ["Does it work?", "How long does it take?", "Does it start on time?"])
        #expect(charts[0].chartCaption == "1 of 1,000 executions failed: 99.9\u{A0}% succeeded; 2 occurrences did not run.")
        #expect(charts[1].chartCaption.hasPrefix("Half took at most 242\u{A0}ms (line) and 95 of 100 at most 1.2\u{A0}s (dashes)"))
    }
}
