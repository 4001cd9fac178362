import Scheduling
import Time

/// The list of executions, and what it is narrowed to. (The stored names are long because a template knows no name at two depths.)
struct ExecutionsPage: Page {
    static let template = "executions"
    static let fragments: Set = ["executionslive"]

    /// Statuses that are looked for together, as a link.
    struct Tab: Sendable {
        let tabLabel: String
        let tabPath: String
        let isHere: Bool
    }

    struct Choice: Sendable {
        let choiceValue: String
        let choiceLabel: String
        let isChosen: Bool
    }

    struct Complaint: Sendable { let complaint: String }

    struct Link: Sendable { let linkText, linkPath: String }

    struct Row: Sendable {
        let rowMark: String
        let rowWord: String
        let rowPath: String
        let isBad: Bool
        let jobName: String
        /// Where there is a page about the job: one, or none.
        let jobLinks: [Link]
        let note: String
        let hasNote: Bool
        let due: [Moment]
        let attempt: String
        let code: String
        let took: String
        let late: String
    }

    let title: String
    let filterPath: String
    let livePath: String
    let tabs: [Tab]
    let complaints: [Complaint]
    let hasComplaints: Bool
    let statusText: String
    let reasons: [Choice]
    let triggers: [Choice]
    let ranges: [Choice]
    let jobText: String
    let tagText: String
    let sinceText: String
    let untilText: String
    let isNarrowed: Bool
    let rows: [Row]
    let hasRows: Bool
    /// Nothing has ever been there.
    let isNew: Bool
    let isVoid: Bool
    let voidWords: String
    let news: String
    /// To run them again: one, or none.
    let replays: [Link]
    /// To the newest, and to older ones: one each, or none.
    let newest: [Link]
    let older: [Link]
    let jobsPath: String
    let siteURL: String
}

extension ExecutionsPage {
    /// Who looks at it, where and when.
    struct Frame: Sendable {
        let viewer: Viewer
        let organization: String
        let slug: String
        let mayChange: Bool
        let siteURL: String
        let now: Timestamp
        var titles: [Job.Identifier: Jobs.Title] = [:]
    }

    /// One page of the list. `next` is where the one after it begins, nil: there is none; `isFirst`: it is the newest.
    init(_ executions: [Execution], _ filter: ExecutionFilter, next: String?, isFirst: Bool, _ frame: Frame) {
        let path = Paths.filled(Paths.executions, frame.slug)
        let own = filter.parameters
        self.init(
            typed: filter.typed, filter, rows: executions.map { Row($0, frame) }, complaints: [], frame,
            replays: !frame.mayChange || !executions.contains(where: \.status.isFinal)
                ? [] : [Link(linkText: "Replay these…", linkPath: Paths.query(path + "/replay", own))],
            newest: isFirst ? [] : [Link(linkText: "Newest", linkPath: Paths.query(path, own))],
            older: next.map { [Link(linkText: "Older", linkPath: Paths.query(path, own + [("cursor", $0)]))] } ?? [],
            failures: executions.count { $0.status.isFailure })
    }

    /// What was asked for cannot be: what was typed, and what is wrong with it.
    init(typed: [String: String], complaints: [String], _ frame: Frame) {
        self.init(
            typed: typed, ExecutionFilter(), rows: [], complaints: complaints, frame, replays: [], newest: [], older: [], failures: 0)
    }

    private init(
        typed: [String: String], _ filter: ExecutionFilter, rows: [Row], complaints: [String], _ frame: Frame, replays: [Link],
        newest: [Link], older: [Link], failures: Int
    ) {
        let path = Paths.filled(Paths.executions, frame.slug)
        title = "Executions · \(frame.organization)"
        filterPath = path
        jobsPath = Paths.filled(Paths.jobs, frame.slug)
        siteURL = frame.siteURL
        livePath = Fragments.path("executionslive", of: frame.viewer.place)
        tabs = ExecutionFilter.groups.map { group in
            Tab(
                tabLabel: group.label, tabPath: Paths.query(path, filter.with(group.statuses).parameters),
                isHere: complaints.isEmpty
                    && (filter.statuses.isEmpty
                        ? group.statuses.isEmpty : Set(filter.statuses).isSubset(of: group.statuses))
            )
        }
        self.complaints = complaints.map(Complaint.init)
        hasComplaints = !complaints.isEmpty
        statusText = typed["status"] ?? ""
        reasons = Self.choices(Reason.allCases.map { ($0.rawValue, $0.word) }, typed["reason"])
        triggers = Self.choices(ExecutionTrigger.allCases.map { ($0.rawValue, $0.word) }, typed["trigger"])
        ranges = Self.choices(ExecutionFilter.TimeRange.allCases.map { ($0.rawValue, $0.word) }, typed["range"])
        (jobText, tagText) = (typed["job"] ?? "", typed["tag"] ?? "")
        (sinceText, untilText) = (typed["since"] ?? "", typed["until"] ?? "")
        isNarrowed = complaints.isEmpty ? !filter.isEmpty : true
        (self.rows, self.replays, self.newest, self.older) = (rows, replays, newest, older)
        hasRows = !rows.isEmpty
        isNew = rows.isEmpty && !isNarrowed && newest.isEmpty
        isVoid = rows.isEmpty && !isNew && complaints.isEmpty
        voidWords = Self.nothing(filter, isFirst: newest.isEmpty)
        news = failures == 0 ? "" : "Of the \(Words.count(rows.count, "execution")) shown, \(failures) failed."
    }

    private static func choices(_ all: [(value: String, label: String)], _ chosen: String?) -> [Choice] {
        all.map { Choice(choiceValue: $0.value, choiceLabel: $0.label, isChosen: $0.value == chosen) }
    }

    /// "No failed executions", and nothing else.
    private static func nothing(_ filter: ExecutionFilter, isFirst: Bool) -> String {
        guard isFirst else { return "No older executions" }
        guard let status = ExecutionFilter.groups.first(where: { Set($0.statuses) == Set(filter.statuses) }), !status.statuses.isEmpty,
            filter.with([]).isEmpty
        else { return "No such executions" }
        switch status.label {
        case "Failed": return "No failed executions"
        case "Succeeded": return "No successful executions"
        case "Not ended": return "No executions that wait or run"
        default: return "No executions that did not run"
        }
    }
}

extension ExecutionsPage.Row {
    /// Longer names are cut: a page holds many of them, and the job's page shows all of it.
    private static let longestName = 100

    init(_ execution: Execution, _ frame: ExecutionsPage.Frame) {
        let slug = frame.slug
        let job = frame.titles[execution.jobID]
        rowMark = execution.status.mark.svg
        rowWord = execution.status.word
        rowPath = Paths.filled(Paths.execution, slug, execution.id.text)
        isBad = execution.status.isFailure
        let name = job?.name.cut(Self.longestName) ?? "A job that is gone"
        jobName = job?.isDeleted == true ? name + " (deleted)" : name
        jobLinks =
            job?.isDeleted == false ? [.init(linkText: name, linkPath: Paths.filled(Paths.job, slug, execution.jobID.text))] : []
        note = execution.sentence.cut(300)
        hasNote = !note.isEmpty
        due = [Moment(execution.scheduledFor, now: frame.now)]
        let didRun = execution.startedAt != nil || execution.attempt > 1
        attempt = didRun ? "\(execution.attempt)" : ""
        code = execution.statusCode.map(String.init) ?? ""
        took = execution.durationMs.map { Words.duration(milliseconds: $0) } ?? ""
        late = execution.latenessMs.map { Words.duration(milliseconds: $0) } ?? ""
    }
}

extension ExecutionFilter {
    /// As the inputs of the page show it.
    var typed: [String: String] {
        var typed: [String: String] = [:]
        for (name, value) in parameters { typed[name] = value }
        typed["since"] = since?.inputText
        typed["until"] = until?.inputText
        return typed
    }
}

extension String {
    /// At most so many scalars; what is left out shows as `…`.
    func cut(_ length: Int) -> String {
        guard utf8.count > length, unicodeScalars.count > length else { return self }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: unicodeScalars.prefix(length))
        return String(scalars) + "…"
    }
}
