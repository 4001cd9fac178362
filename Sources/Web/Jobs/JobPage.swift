import JSON
import Scheduling
import Tenancy
import Time

/// One job: how it is doing, what comes next, what it has done, and how it is set; keeps itself up to date.
struct JobPage: Page {
    static let template = "job"
    static let fragments: Set = ["joblive"]

    /// A run to come. (The stored names are long because a template knows no name at two depths.)
    struct NextRun: Sendable {
        let nextOnWall: String
        let nextOffset: String
        let nextMoment: [Moment]
        /// What a clock change does to it; empty on ordinary days.
        let nextMark: String
    }
    struct Warning: Sendable { let warning: String }
    /// What is wrong with it now, since when and who knows.
    struct Trouble: Sendable {
        let incidentPath: String
        let incidentWords: String
        let incidentActs: [PostButton]
    }

    let title: String
    let hasAlarm: Bool
    let tabIcon: String
    let livePath: String
    let topic: String
    let listPath: String
    let jobName: String
    let jobMark: String
    let jobState: String
    let isFailing: Bool
    /// The state in a sentence, for whoever hears of its change.
    let saying: String
    let jobTarget: String
    let notes: [JobNote]
    let incidents: [Trouble]
    let warnings: [Warning]
    let scheduleSaid: String
    let nextHeading: String
    let hasNext: Bool
    let nextRuns: [NextRun]

    let mayChange: Bool
    let passedOver: String
    let editPath: String
    let deletionPath: String
    /// What takes one click.
    let acts: [PostButton]
    /// One, or none.
    let running: [Form]
    let pausing: [Form]
    let resuming: [Form]
    let isRunOpen: Bool
    let isPauseOpen: Bool

    let hasCharts: Bool
    let charts: [Chart]
    let hasRuns: Bool
    let runs: [JobRun]
    let runsPath: String
    let facts: [JobFact]
    let example: String
}

extension JobPage {
    /// So many of the runs to come.
    private static let mostNext = 10

    /// What is read for it.
    struct Content: Sendable {
        let job: Job
        let preview: JSON
        let recent: [RecentExecution]
        let executions: [Execution]
        let days: [JobDay]
        let isRunning: Bool
        let pause: JobNote.Pause?
        /// When new rules of its time zone have moved its next run; nil: they have not lately.
        let movedAt: Timestamp?
        /// Those that are open.
        let incidents: [Incident]
        let tellings: [Incident.Identifier: [Incidents.Telling]]
        let channels: [Channel.Identifier: String]
        let now: Timestamp
    }

    init(_ content: Content, _ forms: JobForms, of viewer: Viewer, _ access: Access, siteURL: String, assets: Assets) {
        let (job, now, slug) = (content.job, content.now, access.organization.slug)
        let (id, name, isPaused) = (job.id.text, job.definition.name, job.isPaused(at: now))
        let standing = JobStanding(job.shownHealth(at: now), isRunning: content.isRunning)
        let (path, mayChange) = (Paths.filled(Paths.job, slug, id), access.may(.changeJobs))
        let passed = job.json(now: now)["passed_over"]?.int ?? 0
        let (next, charts) = (Self.next(content.preview, now: now), JobCharts.all(content.days))
        let rest: (label: String, route: String)? =
            !isPaused ? ("Pause", Paths.jobPause) : passed > 0 ? nil : ("Resume", Paths.jobResume)
        self.init(
            title: "\(standing.isFailing ? "▲ " : "")\(name) · Jobs · \(access.organization.name)", hasAlarm: standing.isFailing,
            tabIcon: assets.icon(hasAlarm: standing.isFailing || viewer.hasAlarm), livePath: Fragments.path("joblive", of: path), topic: id,
            listPath: Paths.filled(Paths.jobs, slug), jobName: name, jobMark: standing.mark.svg, jobState: standing.word,
            isFailing: standing.isFailing, saying: "\(name) is \(standing.word.lowercased()).", jobTarget: Target(job.definition).inShort,
            notes: JobNote.all(of: job, content.recent, pausedBy: content.pause, now: now) + Self.notes(content),
            incidents: content.incidents.map { Trouble($0, content, viewer, access) },
            warnings: (content.preview["warnings"]?.array ?? []).compactMap { $0["detail"]?.string }.map(Warning.init),
            scheduleSaid: job.scheduleInWords, nextHeading: isPaused && !next.isEmpty ? "Next runs, were it resumed now" : "Next runs",
            hasNext: !next.isEmpty, nextRuns: next, mayChange: mayChange,
            passedOver: passed > 0 ? "The pause has passed over \(Words.count(passed, "run"))\(passed >= 1_000 ? " or more" : "")." : "",
            editPath: Paths.filled(Paths.jobEdit, slug, id), deletionPath: Paths.filled(Paths.jobDeletion, slug, id),
            acts: mayChange ? Self.acts(on: job, rest, token: viewer.formToken, slug) : [],
            running: mayChange ? [forms.run] : [], pausing: mayChange && !isPaused ? [forms.pause] : [],
            resuming: mayChange && isPaused && passed > 0 ? [forms.resume] : [], isRunOpen: forms.isRunOpen, isPauseOpen: forms.isPauseOpen,
            hasCharts: !charts.isEmpty, charts: charts,
            hasRuns: !content.executions.isEmpty, runs: content.executions.map { JobRun($0, now: now, slug) },
            runsPath: Paths.query(Paths.filled(Paths.executions, slug), [("job", id)]),
            facts: JobFact.all(of: job, channels: content.channels, now: now),
            example: CurlExample.trigger(id, at: siteURL))
    }

    /// `rest` is how its pause begins, or ends; nil: that takes an answer.
    private static func acts(on job: Job, _ rest: (label: String, route: String)?, token: String, _ slug: String) -> [PostButton] {
        let all: [(label: String, route: String)?] = [("Run now", Paths.jobRun), rest, ("Clone", Paths.jobClone)]
        return all.compactMap(\.self).map { act in
            PostButton(act.label, to: Paths.filled(act.route, slug, job.id.text), token: token, about: job.definition.name)
        }
    }

    private static func notes(_ content: Content) -> [JobNote] {
        var notes: [JobNote] = []
        if content.job.managedBy != nil { notes.append(JobNote("Managed by sync: what you change here, the next sync may change back.")) }
        if let moved = content.movedAt {
            let words = "The rules of its time zone changed \(Moment.words(moved, now: content.now)), and its next run moved with them."
            notes.append(JobNote(words, tone: "warn"))
        }
        return notes
    }

    private static func next(_ preview: JSON, now: Timestamp) -> [NextRun] {
        (preview["next_runs"]?.array ?? []).prefix(mostNext).compactMap { run in
            guard let at = run["at"]?.string.flatMap({ Timestamp(rfc3339: $0) }) else { return nil }
            let local = (run["local"]?.string).flatMap { LocalTime(String($0.prefix(19))) }
            return NextRun(
                nextOnWall: local.map(DayWords.long) ?? at.rfc3339Seconds, nextOffset: run["offset"]?.string ?? "",
                nextMoment: [Moment(at, now: now)], nextMark: run["mark"]?["sentence"]?.string ?? "")
        }
    }
}

extension JobPage.Trouble {
    init(_ incident: Incident, _ content: JobPage.Content, _ viewer: Viewer, _ access: Access) {
        let (slug, id) = (access.organization.slug, incident.id.text)
        incidentPath = Paths.filled(Paths.incident, slug, id)
        let told = (content.tellings[incident.id] ?? []).map { content.channels[$0.channelID] ?? "a channel that is gone" }
        let since = "\(incident.title("This job")) since \(Moment.words(incident.openedAt, now: content.now))"
            .replacing(" since now", with: " now").replacing(" ago", with: "")
        let known = incident.silence.map(\.words) ?? (told.isEmpty ? "nobody was told yet" : "told \(told.joined(separator: ", "))")
        incidentWords = "\(since): \(known)"
        func button(_ label: String, _ route: String, _ fields: [(String, String)]) -> PostButton {
            PostButton(label, to: Paths.filled(route, slug, id), token: viewer.formToken, about: incident.mutes, fields)
        }
        let back = ("back", "job")
        let quiet = [
            button("Snooze 1 h", Paths.incidentMute, [("for", MuteForm.Length.hour.rawValue), back]),
            button("Mute", Paths.incidentMute, [("for", MuteForm.Length.ever.rawValue), back]),
        ]
        incidentActs =
            !access.may(.muteIncidents) ? [] : incident.silence == nil ? quiet : [button("Unmute", Paths.incidentUnmute, [back])]
    }
}

/// An execution as a row of its job's page. (The stored names are long because a template knows no name at two depths.)
struct JobRun: Sendable {
    let runMark: String
    let runStatus: String
    let isRunBad: Bool
    let runPath: String
    let runDue: [Moment]
    let runWords: String
    let runTook: String
    let runLate: String
}

extension JobRun {
    init(_ e: Execution, now: Timestamp, _ slug: String) {
        let times = e.count > 1 ? "\(Words.count(e.count)) occurrences. " : ""
        self.init(
            runMark: e.status.mark.svg, runStatus: e.status.word,
            isRunBad: e.status == .failed || e.status == .timeout, runPath: Paths.filled(Paths.execution, slug, e.id.text),
            runDue: [Moment(e.scheduledFor, now: now)], runWords: times + Ending(e).words,
            runTook: e.durationMs.map { Words.duration(milliseconds: $0) } ?? "",
            runLate: e.latenessMs.map { Words.duration(milliseconds: $0) } ?? "")
    }
}
