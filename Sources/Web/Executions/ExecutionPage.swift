import JSON
import Scheduling
import Time

/// One execution: what came of it and what to do, where its time went, what was sent and what was answered. (The stored names are
/// long because a template knows no name at two depths.)
struct ExecutionPage: Page {
    static let template = "execution"
    static let fragments: Set = ["executionlive"]

    struct Link: Sendable { let linkText, linkPath: String }

    struct Fact: Sendable {
        let factLabel: String
        let factTimes: [Moment]
        let factText: String
        let factLinks: [Link]

        init(_ label: String, at time: [Moment] = [], _ text: String = "", _ links: [Link] = []) {
            (factLabel, factTimes, factText, factLinks) = (label, time, text, links)
        }
    }

    /// One attempt as a row of the timeline: the bars and the numbers.
    struct Row: Sendable {
        let attemptName: String
        let attemptPath: String
        /// Whether what it sent and got is what stands below.
        let isShown: Bool
        let attemptMark: String
        let attemptWord: String
        let isBad: Bool
        let attemptNote: String
        let track: String
        let late, resolve, connect, tls, firstByte, rest, total: String
    }

    let title: String
    let livePath: String
    let liveTopic: String
    /// Whether more is to come of it.
    let isOpen: Bool
    let mark: String
    let word: String
    let isFailure: Bool
    let jobName: String
    let jobLinks: [Link]
    let outcome: String
    let remedy: String
    /// What is read out when it changes: not how long it has been running.
    let news: String
    let facts: [Fact]
    let rows: [Row]
    let hasRows: Bool
    /// What the attempt that is shown sent and got: one, or none.
    let exchanges: [Exchange]
    /// To the ones before and behind it of the same job.
    let ways: [Link]

    /// What may be done to it: one.
    let acts: [Acts]
}

extension ExecutionPage {
    /// What is known of it.
    struct Subject: Sendable {
        let execution: Execution
        let attempts: [Attempt]
        let around: Executions.Around
        let job: Jobs.Title?
        /// Who asked for it, or had it cancelled; nil: nobody, or it is not known.
        var askedBy: String?
        var cancelledBy: String?
        /// Which attempt's request and response are shown; nil: the last one's.
        var attempt: Int?

        var shown: Attempt? { attempts.first { $0.number == attempt } ?? attempts.last }
    }

    /// Who looks at it, where and when.
    struct Frame: Sendable {
        let viewer: Viewer
        let organization: String
        let slug: String
        let mayChange: Bool
        let now: Timestamp
        /// Forms that came back with something wrong in them.
        var changing: Form?
        var moving: Form?

        func path(_ route: String, _ id: Execution.Identifier) -> String { Paths.filled(route, slug, id.text) }
    }

    init(_ subject: Subject, _ frame: Frame) {
        let execution = subject.execution
        let name = subject.job?.name.cut(100) ?? "A job that is gone"
        let isDeleted = subject.job?.isDeleted ?? true
        title = "\(execution.status.word) · \(name) · \(frame.organization)"
        // Not of the viewer's place, which is another where a form came back.
        let place = Paths.query(frame.path(Paths.execution, execution.id), [("attempt", subject.attempt.map(String.init))])
        livePath = Fragments.path("executionlive", of: place)
        liveTopic = "\(execution.id.text) executions"
        isOpen = !execution.status.isFinal
        (mark, word, isFailure) = (execution.status.mark.svg, execution.status.word, execution.status.isFailure)
        jobName = name + (subject.job?.isDeleted == true ? " (deleted)" : "")
        jobLinks =
            isDeleted ? [] : [Link(linkText: name, linkPath: Paths.filled(Paths.job, frame.slug, execution.jobID.text))]
        // What the page has beside its chrome, for what others have written.
        var room = Room(21_500)
        outcome = room.take(subject.outcome(now: frame.now), atMost: 1_500).text
        remedy = execution.status == .success ? "" : execution.reason?.remedy ?? ""
        news = "\(word): \(name)"
        facts = Self.facts(subject, frame)
        rows = Self.rows(subject, frame, &room)
        hasRows = !rows.isEmpty
        let file = frame.path(Paths.execution, execution.id) + "/attempts/\(subject.shown?.number ?? 1)/response"
        exchanges =
            subject.shown.flatMap { Exchange($0, isOnly: subject.attempts.count == 1, file: file, &room) }.map { [$0] } ?? []
        ways = Self.ways(subject, frame)
        acts = [Acts(subject, frame)]
    }

    private static func ways(_ subject: Subject, _ frame: Frame) -> [Link] {
        let all: [(String, Execution.Identifier?)] = [
            ("Earlier execution", subject.around.earlier), ("Later execution", subject.around.later),
        ]
        return all.compactMap { text, id in id.map { Link(linkText: text, linkPath: frame.path(Paths.execution, $0)) } }
    }
}
