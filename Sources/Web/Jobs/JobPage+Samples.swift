import Scheduling
import Time

extension JobPage {
    static let samples = [sample(isFull: false), sample(isFull: true)]

    private static let now = Timestamp(seconds: 1_795_000_000)

    private static func sample(isFull: Bool) -> JobPage {
        let charts = isFull ? JobCharts.all(days) : []
        return JobPage(
            title: "Nightly export · Jobs · Acme", hasAlarm: isFull, tabIcon: "/i", livePath: "/acme/jobs/job_1?fragment=joblive",
            topic: "job_1",
            listPath: "/acme/jobs", jobName: "Nightly <b> export", jobMark: isFull ? Mark.bad.svg : Mark.good.svg,
            jobState: isFull ? "Failing" : "Healthy", isFailing: isFull, saying: "Nightly export is failing.",
            jobTarget: "POST api.acme.dev/exports/nightly", notes: isFull ? [JobNote("HTTP 504 after 30.0\u{A0}s", tone: "bad")] : [],
            incidents: isFull
                ? [Trouble(incidentPath: "/i", incidentWords: "This job <b> fails", incidentActs: [PageSamples.button])] : [],
            warnings: isFull ? [Warning(warning: "Both day fields are restricted.")] : [], scheduleSaid: "Every day at 02:00 (Europe/Oslo)",
            nextHeading: "Next runs", hasNext: isFull,
            nextRuns: isFull
                ? [
                    NextRun(
                        nextOnWall: "Tue 24 Nov 2026, 02:00", nextOffset: "+01:00", nextMoment: [Moment(now, now: now)],
                        nextMark: "The clock leaves out 02:00 that day.")
                ] : [],
            mayChange: isFull, passedOver: "The pause has passed over 3 runs.", editPath: "/e", deletionPath: "/d",
            acts: isFull ? [PageSamples.button] : [], running: isFull ? [PageSamples.form] : [], pausing: isFull ? [PageSamples.form] : [],
            resuming: isFull ? [PageSamples.form] : [], isRunOpen: isFull, isPauseOpen: false, hasCharts: !charts.isEmpty, charts: charts,
            hasRuns: isFull, runs: isFull ? [run] : [], runsPath: "/acme/executions?job=job_1",
            facts: [JobFact("Headers", "X-Team: ops\nAuthorization: ***", isCode: true), JobFact("Overlap", "Runs may overlap")],
            example: CurlExample.trigger("job_1", at: "https://prikke.test"))
    }

    private static let run = JobRun(
        runMark: Mark.bad.svg, runStatus: "Failed", isRunBad: true, runPath: "/acme/executions/exe_1", runDue: [Moment(now, now: now)],
        runWords: "HTTP 504 after 30.0\u{A0}s", runTook: "30.0\u{A0}s", runLate: "3\u{A0}ms")

    /// A month in which things happen.
    private static let days = (0..<30).map { place in
        JobDay(
            day: now.adding(.seconds((place - 29) * 86_400)), succeeded: place == 5 ? 0 : 20 + place % 4, failed: place % 9 == 0 ? 3 : 0,
            notRun: place % 13 == 0 ? 2 : 0, medianMs: place == 5 ? nil : 240 + place * 7 % 60,
            p95Ms: place == 5 ? nil : 800 + place * 31 % 400,
            latenessP50Ms: place == 5 ? nil : 3, latenessP99Ms: place == 5 ? nil : 40 + place % 7)
    }
}
