import Billing

/// What Prikke is, for a stranger.
struct LandingPage: Page {
    static let template = "landing"
    static let samples = [
        LandingPage(hasDemo: true, isVisitor: true, plans: try? .builtIn(), siteURL: "https://prikke.example"),
        LandingPage(hasDemo: false, isVisitor: false),
    ]

    /// What it is.
    static let sentence = "Prikke calls your URLs on time, by cron in any time zone, and keeps what every call sent and got."

    let title = "Prikke: your URL, called on time"
    let description = LandingPage.sentence
    let sentence = LandingPage.sentence
    let hasDemo: Bool
    /// Who looks on is not signed in.
    let isVisitor: Bool
    /// One, or none.
    let planTables: [PlanTable]
    let siteURL: String
    let demoPath = Paths.demo
    let signUpPath = Paths.signUp
    let signInPath = Paths.signIn
    let dashboardPath = Paths.dashboard
    let startPath = Paths.document("getting-started")
    let cronPath = Paths.document("cron")
    let webhooksPath = Paths.document("webhooks")
    let alertsPath = Paths.document("alerts")
    let syncPath = Paths.document("sync")
    let hostingPath = Paths.document("self-hosting")
    let apiPath = Paths.apiDocs
    let statusPath = Paths.status

    init(hasDemo: Bool, isVisitor: Bool, plans: PlanCatalog? = nil, siteURL: String = "") {
        (self.hasDemo, self.isVisitor, self.siteURL) = (hasDemo, isVisitor, siteURL)
        planTables = plans.flatMap(PlanTable.init).map { [$0] } ?? []
    }
}

/// What is sold, side by side: whatever the catalogue holds.
struct PlanTable: Sendable {
    struct Head: Sendable { let planName: String }
    struct Cell: Sendable { let cellPlan, cellText, cellMore: String }
    struct Row: Sendable {
        let rowLabel: String
        let cells: [Cell]
    }

    let heads: [Head]
    let planRows: [Row]

    /// Nil where there is nothing to choose from.
    init?(_ catalog: PlanCatalog) {
        guard catalog.plans.count > 1 else { return nil }
        heads = catalog.plans.map { Head(planName: $0.name) }
        planRows = Self.rows.map { label, text in
            Row(
                rowLabel: label,
                cells: catalog.plans.map { plan in
                    let (main, more) = text(plan)
                    return Cell(cellPlan: plan.name, cellText: main, cellMore: more)
                })
        }
    }

    private static let rows: [(label: String, text: @Sendable (Plan) -> (String, String))] = [
        ("Price", price),
        ("Jobs", { (number($0.entitlements.jobs), "") }),
        ("Executions a month", { (number($0.entitlements.executionsPerMonth), "") }),
        ("Shortest interval", { (span(seconds: $0.entitlements.shortestIntervalSeconds), "") }),
        ("At the same time", { (number($0.entitlements.concurrency), "") }),
        ("A call may take", { (span(seconds: $0.entitlements.timeoutSeconds), "") }),
        ("History", { (Words.count($0.entitlements.keepDays, "day"), "") }),
        ("Members", { (number($0.entitlements.members), "") }),
        ("Kinds of job", { ($0.entitlements.plugins.map { $0.joined(separator: ", ") } ?? "all", "") }),
    ]

    private static func price(_ plan: Plan) -> (String, String) {
        if plan.pricePerMonth == 0, plan.pricePerYear == 0 { return ("€0", "") }
        let year = plan.pricePerYear == 0 ? "" : "or €\(Words.grouped(plan.pricePerYear)) a year"
        return ("€\(Words.grouped(plan.pricePerMonth)) a month", year)
    }

    private static func number(_ most: Int?) -> String { most.map { Words.grouped($0) } ?? "unlimited" }

    private static func span(seconds: Int) -> String {
        let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
        let unit = units.first { seconds % $0.0 == 0 } ?? (1, "s")
        return "\(seconds / unit.0)\u{A0}\(unit.1)"
    }
}
