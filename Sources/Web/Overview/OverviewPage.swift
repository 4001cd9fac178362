import Scheduling
import Tenancy
import Time

/// What needs attention first, then today in four numbers, what has happened and what is coming up. (The stored names are long because
/// a template knows no name at two depths.)
struct OverviewPage: Page {
    static let template = "overview"
    static let fragments: Set = ["overviewlive"]

    /// A job that is failing or late.
    struct Trouble: Sendable {
        /// Rows keep their place on a live page by their ids.
        let troubleID: String
        let troubleMark: String
        let troubleState: String
        let isBad: Bool
        let troubleName: String
        let troublePath: String
        let notes: [JobNote]
        /// One, or none.
        let incidentLinks: [IncidentLink]
        let troubleBars: String
        let troubleLast: [Moment]
    }

    struct IncidentLink: Sendable { let incidentPath, incidentWords: String }

    struct Done: Sendable {
        let doneID: String
        let doneMark: String
        let doneStatus: String
        let doneJob: String
        let donePath: String
        let doneWhen: [Moment]
        let doneTook: String
        let hasWhy: Bool
        let doneWhy: String
    }

    struct Next: Sendable {
        let nextID: String
        let nextJob: String
        let nextPath: String
        let nextWhen: [Moment]
    }

    /// One of the four numbers, which leads to what it counts.
    struct Number: Sendable {
        let numberLabel: String
        let numberValue: String
        let numberNote: String
        let numberPath: String
    }

    let title: String
    let organization: String
    let hasAlarm: Bool
    let iconPath: String
    let livePath: String
    let sentence: String
    let numbers: [Number]
    let hasTroubles: Bool
    let troubles: [Trouble]
    let hasMoreTroubles: Bool
    let moreTroubles: String
    let troublesPath: String
    let hasJobs: Bool
    let hasDone: Bool
    let done: [Done]
    let hasNext: Bool
    let next: [Next]
    let mayMake: Bool
    let newJobPath: String
    let jobsPath: String
    let executionsPath: String
    let curl: String
}

extension OverviewPage {
    static let samples = [
        OverviewPage(
            title: "▲ 1 failing · Overview · Acme <b>", organization: "Acme <b>", hasAlarm: true, iconPath: "/i",
            livePath: "/acme?fragment=overviewlive",
            sentence: "1 failing.",
            numbers: [Number(numberLabel: "Executions today", numberValue: "4,812", numberNote: "UTC", numberPath: "/acme/executions")],
            hasTroubles: true,
            troubles: [
                Trouble(
                    troubleID: "t-1", troubleMark: Mark.bad.svg, troubleState: "Failing", isBad: true, troubleName: "Nightly <b> export",
                    troublePath: "/j",
                    notes: [JobNote("HTTP 504 after 30.0\u{A0}s · 5 in a row", tone: "bad")],
                    incidentLinks: [IncidentLink(incidentPath: "/i", incidentWords: "Incident")],
                    troubleBars: Bars([.good, .good, .bad]).svg,
                    troubleLast: [PageSamples.moment])
            ], hasMoreTroubles: true, moreTroubles: "3 more", troublesPath: "/acme/jobs?health=failing", hasJobs: true, hasDone: true,
            done: [
                Done(
                    doneID: "e-1", doneMark: Mark.good.svg, doneStatus: "Success", doneJob: "Every second", donePath: "/e",
                    doneWhen: [PageSamples.moment],
                    doneTook: "3\u{A0}ms", hasWhy: true, doneWhy: "HTTP 504")
            ], hasNext: true, next: [Next(nextID: "n-1", nextJob: "Every second", nextPath: "/j", nextWhen: [PageSamples.moment])],
            mayMake: true,
            newJobPath: "/acme/jobs/new", jobsPath: "/acme/jobs", executionsPath: "/acme/executions", curl: "curl"),
        OverviewPage(
            title: "Overview · Acme", organization: "Acme", hasAlarm: false, iconPath: "/i", livePath: "/acme?fragment=overviewlive",
            sentence: "No jobs yet.",
            numbers: [], hasTroubles: false, troubles: [], hasMoreTroubles: false, moreTroubles: "", troublesPath: "", hasJobs: false,
            hasDone: false, done: [], hasNext: false, next: [], mayMake: true, newJobPath: "/n", jobsPath: "/j", executionsPath: "/e",
            curl: CurlExample.newJob(at: "https://prikke.test")),
    ]
}
