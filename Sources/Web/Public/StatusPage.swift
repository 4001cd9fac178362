import Time

/// How well Prikke is, for everybody: the database as all nodes see it, and the rest as the node that answers does.
struct StatusPage: Page {
    static let template = "status"
    static let samples = [
        StatusPage(
            HealthReport(isHealthy: true, parts: [("database", "reachable"), ("schema", "up to date")], zoneData: "2026a"),
            About(
                version: "0.1.0", zoneData: "2026a",
                lateness: About.Lateness(
                    starts: 4_812, median: 0.001, most: 0.005, buckets: [(0.001, 4_470), (0.0025, 300), (0.005, 40), (nil, 2)]),
                delivery: About.Delivery(attempts: 4_830, unexplained: 0), since: Timestamp(seconds: 1_700_000_000))),
        StatusPage(
            HealthReport(isHealthy: false, parts: [("database", "not reachable")]),
            About(version: "0.1.0", zoneData: "unknown", delivery: About.Delivery(attempts: 3, unexplained: 1))),
    ]

    struct Part: Sendable { let mark, name, state: String }
    struct Fact: Sendable { let label, value: String }
    /// How many executions started so late, as a share of all.
    struct Bar: Sendable { let bound, bar, share: String }

    let title: String
    let description = "Whether Prikke is well: database, delivery, API, and how late executions start."
    let heading: String
    let parts: [Part]
    let hasLateness: Bool
    let latenessInWords: String
    let bars: [Bar]
    /// When this node began: one, or none.
    let began: [Moment]
    let facts: [Fact]
    let healthPath = Paths.health

    init(_ health: HealthReport, _ about: About, now: Timestamp = .now()) {
        heading = health.isHealthy ? "Prikke is well" : "Prikke is not well"
        title = "\(heading) · Status"
        let mark = health.isHealthy ? Mark.good : Mark.bad
        parts =
            [Part(mark: Mark.good.svg, name: "API and pages", state: "answering")]
            + health.parts.map { Part(mark: mark.svg, name: $0.name.capitalizedFirst, state: $0.state) }
            + [Self.delivery(about.delivery)]
        hasLateness = about.lateness != nil
        latenessInWords =
            about.lateness.map { lateness in
                let (median, most) = (Self.time(lateness.median), Self.time(lateness.most))
                return
                    "Half started within \(median) of their due time, 99\u{A0}% within \(most); \(Words.grouped(lateness.starts)) starts."
            } ?? ""
        bars = about.lateness.map(Self.bars) ?? []
        began = about.since.map { [Moment($0, now: now)] } ?? []
        var facts = [Fact(label: "Time-zone data of this node", value: about.zoneData)]
        if let recorded = health.zoneData { facts.append(Fact(label: "Time-zone data that next runs go by", value: recorded)) }
        facts.append(Fact(label: "Version", value: about.version))
        self.facts = facts
    }

    private static func delivery(_ delivery: About.Delivery?) -> Part {
        guard let delivery else { return Part(mark: Mark.waiting.svg, name: "Delivery", state: "nothing by this node yet") }
        let attempts = "\(Words.count(delivery.attempts, "attempt")) recorded by this node"
        guard delivery.unexplained > 0 else {
            return Part(mark: Mark.good.svg, name: "Delivery", state: "\(attempts), every occurrence answered for")
        }
        let missing = Words.count(delivery.unexplained, "occurrence has", "occurrences have")
        return Part(mark: Mark.bad.svg, name: "Delivery", state: "\(attempts); \(missing) no answer")
    }

    /// From the first to the last bound within which something started.
    private static func bars(_ lateness: About.Lateness) -> [Bar] {
        let total = Double(max(1, lateness.buckets.reduce(0) { $0 + $1.count }))
        guard let last = lateness.buckets.lastIndex(where: { $0.count > 0 }) else { return [] }
        return lateness.buckets[...last].enumerated().map { index, bucket in
            let share = Double(bucket.count) / total * 100
            // Whatever is there is to be seen.
            let width = bucket.count == 0 ? 0 : max(0.5, (share * 10).rounded() / 10)
            let before = index == 0 ? nil : lateness.buckets[index - 1].bound
            let bound = bucket.bound.map { "to \(time($0))" } ?? "over \(time(before ?? 0))"
            let shown = share > 0 && share < 0.1 ? "under 0.1" : "\(((share * 10).rounded() / 10).formatted)"
            return Bar(
                bound: bound,
                bar:
                    "<svg class=\"share\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"M0 0h\(width)v1H0z\"/></svg>",
                share: "\(shown)\u{A0}%")
        }
    }

    private static func time(_ seconds: Double) -> String {
        seconds < 1 ? "\((seconds * 1_000).formatted)\u{A0}ms" : "\(seconds.formatted)\u{A0}s"
    }
}

/// What the node that answers knows of itself.
public struct About: Sendable {
    /// How late executions started here, in seconds.
    public struct Lateness: Sendable {
        let starts: Int64
        let median: Double
        /// For 99 of 100.
        let most: Double
        /// How many started within each bound and not within the one before; without a bound: later than all.
        let buckets: [(bound: Double?, count: Int64)]

        /// Seconds; `buckets` by their upper bounds, the last without one.
        public init(starts: Int64, median: Double, most: Double, buckets: [(bound: Double?, count: Int64)] = []) {
            (self.starts, self.median, self.most, self.buckets) = (starts, median, most, buckets)
        }
    }

    /// What became of executions here.
    public struct Delivery: Sendable {
        let attempts: Int64
        /// Occurrences that were due and have no answer anywhere: none, unless something is wrong with Prikke.
        let unexplained: Int64

        /// Attempts recorded since this node began, and occurrences that nothing is known of.
        public init(attempts: Int64, unexplained: Int64) { (self.attempts, self.unexplained) = (attempts, unexplained) }
    }

    let version: String
    let zoneData: String
    let lateness: Lateness?
    let delivery: Delivery?
    let since: Timestamp?

    /// `version` of Prikke; `zoneData`: the release, such as `2026a`; `lateness` and `delivery` nil: nothing has started here yet;
    /// `since`: when the node began.
    public init(
        version: String, zoneData: String, lateness: Lateness? = nil, delivery: Delivery? = nil, since: Timestamp? = nil
    ) {
        (self.version, self.zoneData, self.lateness, self.delivery, self.since) = (version, zoneData, lateness, delivery, since)
    }
}

extension Double {
    /// Without a decimal point where there is nothing behind it.
    fileprivate var formatted: String { rounded() == self ? "\(Int(self))" : "\(self)" }
}
