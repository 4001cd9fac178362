import Scheduling
import Time

/// How many executions would run again, and the button that has them.
struct ReplayPage: Page {
    static let template = "replay"

    struct Complaint: Sendable { let complaint: String }
    struct Hidden: Sendable { let keptName, keptValue: String }

    let title: String
    let listPath: String
    let replayPath: String
    let complaints: [Complaint]
    let hasComplaints: Bool
    let matching: String
    let countWords: String
    let leftOutWords: String
    let timeWords: String
    let kept: [Hidden]
    let rateText: String
    let isSkipping: Bool
    let buttons: [PostButton]

    /// What was counted.
    init(_ counted: Executions.Replay, _ order: ReplayOrder, slug: String, viewer: Viewer) {
        let many = Words.count(counted.replayed, "execution")
        let seconds = counted.replayed == 0 ? 0 : Double(counted.replayed - 1) * 60 / Double(order.rate)
        self.init(
            complaints: [], order, slug: slug, viewer: viewer,
            count: counted.replayed == 0
                ? "No execution would run again." : "\(many) would run again, each with its job as it is now; the oldest first.",
            leftOut: counted.leftOut.isEmpty
                ? "\(Words.count(counted.matched, "execution")) \(counted.matched == 1 ? "matches" : "match")."
                : "\(Words.count(counted.matched, "execution")) \(counted.matched == 1 ? "matches" : "match"); left out: \(counted.leftOut).",
            // What begins within a second begins at once.
            time: seconds < 1
                ? "" : "At \(Words.grouped(order.rate)) a minute the last of them begins in about \(Words.span(seconds: seconds)).",
            buttonLabel: counted.replayed == 0 ? nil : "Run \(many) again")
    }

    /// What was asked for cannot be.
    init(complaints: [String], _ order: ReplayOrder, slug: String, viewer: Viewer) {
        self.init(complaints: complaints, order, slug: slug, viewer: viewer, count: "", leftOut: "", time: "", buttonLabel: nil)
    }

    private init(
        complaints: [String], _ order: ReplayOrder, slug: String, viewer: Viewer, count: String, leftOut: String, time: String,
        buttonLabel: String?
    ) {
        title = "Replay executions"
        listPath = Paths.query(Paths.filled(Paths.executions, slug), order.filter.parameters)
        replayPath = Paths.filled(Paths.replay, slug)
        self.complaints = complaints.map(Complaint.init)
        hasComplaints = !complaints.isEmpty
        (matching, countWords, leftOutWords, timeWords) = (order.words, count, leftOut, time)
        let filter = order.filter.parameters.compactMap { name, value in value.flatMap { $0.isEmpty ? nil : (name, $0) } }
        kept = filter.map { Hidden(keptName: $0.0, keptValue: $0.1) }
        rateText = "\(order.rate)"
        isSkipping = order.skipsSuperseded
        let settings = [("rate", rateText), ("superseded", isSkipping ? "skip" : "run")]
        let path = replayPath
        buttons = buttonLabel.map { [PostButton($0, to: path, token: viewer.formToken, isPrimary: true, filter + settings)] } ?? []
    }
}

extension ReplayPage {
    static let samples = [
        ReplayPage(complaints: ["More than 10000 executions match."], ReplayOrder([:]), slug: "acme", viewer: Viewer()),
        ReplayPage(
            complaints: [], ReplayOrder(["reason": "deadline", "job": "exports/nightly"]), slug: "acme", viewer: Viewer(formToken: "t"),
            count: "226 executions would run again.", leftOut: "238 match; left out: 12 superseded by a later success.",
            time: "At 600 a minute the last of them begins in about 22 s.", buttonLabel: "Run 226 executions again"),
    ]
}
