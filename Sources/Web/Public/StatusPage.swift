/// How well Prikke is, for everybody.
struct StatusPage: Page {
    static let template = "status"
    static let samples = [
        StatusPage(
            HealthReport(isHealthy: true, parts: [("database", "reachable"), ("schema", "up to date")], zoneData: "2026a"),
            About(version: "0.1.0", zoneData: "2026a", lateness: About.Lateness(starts: 4_812, median: 0.001, most: 0.005))),
        StatusPage(
            HealthReport(isHealthy: false, parts: [("database", "not reachable")]), About(version: "0.1.0", zoneData: "unknown")),
    ]

    struct Part {
        let mark: String
        let name: String
        let state: String
    }

    struct Fact {
        let label: String
        let value: String
    }

    let title: String
    let heading: String
    let parts: [Part]
    let facts: [Fact]
    let healthPath = Paths.health

    /// What the report says of all nodes, and the rest of the one that answers.
    init(_ health: HealthReport, _ about: About) {
        heading = health.isHealthy ? "Prikke is well" : "Prikke is not well"
        title = "\(heading) · Status"
        let mark = health.isHealthy ? Mark.good : Mark.bad
        parts = health.parts.map { Part(mark: mark.svg, name: $0.name.prefix(1).uppercased() + $0.name.dropFirst(), state: $0.state) }
        var facts: [Fact] = []
        if let lateness = about.lateness {
            let (median, most) = (Self.time(lateness.median), Self.time(lateness.most))
            let value = "half within \(median), 99\u{A0}% within \(most), of \(lateness.starts) since this node began"
            facts.append(Fact(label: "Executions started late by", value: value))
        }
        facts.append(Fact(label: "Time-zone data of this node", value: about.zoneData))
        if let recorded = health.zoneData { facts.append(Fact(label: "Time-zone data that next runs go by", value: recorded)) }
        facts.append(Fact(label: "Version", value: about.version))
        self.facts = facts
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

        public init(starts: Int64, median: Double, most: Double) { (self.starts, self.median, self.most) = (starts, median, most) }
    }

    let version: String
    let zoneData: String
    let lateness: Lateness?

    /// `version` of Prikke; `zoneData`: the release, such as `2026a`; `lateness` nil: nothing has started here yet.
    public init(version: String, zoneData: String, lateness: Lateness? = nil) {
        (self.version, self.zoneData, self.lateness) = (version, zoneData, lateness)
    }
}

extension Double {
    /// Without a decimal point where there is nothing behind it.
    fileprivate var formatted: String { rounded() == self ? "\(Int(self))" : "\(self)" }
}
