import Tenancy
import Testing

@testable import Billing

@Suite struct PlanCatalogTests {
    @Test func theBuiltInCatalogueIsTheOneThatIsAdvertised() throws {
        let catalog = try PlanCatalog.builtIn()
        #expect(catalog.plans.map(\.word) == ["free", "pro", "business"] && catalog.plans.map(\.name) == ["Free", "Pro", "Business"])
        #expect(catalog.plans.map(\.pricePerMonth) == [0, 29, 99] && catalog.plans.map(\.pricePerYear) == [0, 290, 990])
        #expect(
            catalog["free"]?.entitlements
                == Entitlements(
                    plan: "free", jobs: 5, executionsPerMonth: 10_000, shortestIntervalSeconds: 3_600, keepDays: 7, members: 2,
                    concurrency: 5,
                    timeoutSeconds: 30, plugins: ["http"]))
        #expect(
            catalog["pro"]?.entitlements
                == Entitlements(
                    plan: "pro", jobs: nil, executionsPerMonth: 1_000_000, shortestIntervalSeconds: 60, keepDays: 30, members: nil,
                    concurrency: 50, timeoutSeconds: 300, plugins: nil))
        #expect(
            catalog["business"]?.entitlements
                == Entitlements(
                    plan: "business", jobs: nil, executionsPerMonth: 10_000_000, shortestIntervalSeconds: 1, keepDays: 90, members: nil,
                    concurrency: 200, timeoutSeconds: 900, plugins: nil))
        #expect(catalog["gold"] == nil)
    }

    private static let free = """
        {"plan": "free", "name": "Free", "price_eur_month": 0, "price_eur_year": 0, "jobs": 5, "executions_per_month": 10000, \
        "shortest_interval_s": 3600, "keep_days": 7, "members": 2, "concurrency": 5, "timeout_s": 30, "plugins": ["http"]}
        """

    private func catalog(_ plans: String) throws(PlanCatalog.Unreadable) -> PlanCatalog {
        try PlanCatalog(Array(#"{"generation": 2, "plans": [\#(plans)]}"#.utf8))
    }

    @Test func anOperatorsOwnCatalogueIsRead() throws {
        let catalog = try catalog(Self.free)
        #expect(catalog.generation == 2 && catalog.plans.count == 1)
    }

    /// Each is one mistake in an otherwise right plan, and what the operator must find in the answer.
    @Test(arguments: [
        (#""jobs": 5"#, #""jobs": -1"#, "/plans/0/jobs"), (#""jobs": 5, "#, "", "/plans/0/jobs"),
        (#""members": 2"#, #""members": 0"#, "/plans/0/members"), (#""members": 2, "#, "", "/plans/0/members"),
        (#""keep_days": 7"#, #""keep_days": 8"#, "/plans/0/keep_days: Use 7, 30 or 90."),
        (#""concurrency": 5"#, #""concurrency": "5""#, "/plans/0/concurrency"),
        (#""timeout_s": 30"#, #""timeout_s": 901"#, "/plans/0/timeout_s"),
        (#""price_eur_month": 0"#, #""price_eur_month": 9.5"#, "/plans/0/price_eur_month"),
        (#""plugins": ["http"]"#, #""plugin": ["http"]"#, "/plans/0/plugin: "),
        (#""plan": "free""#, #""plan": "gratis""#, #"a plan "free""#),
        (#""jobs": 5"#, #""jobs": 5, "jobs": 6"#, "byte"), ("}", "", "byte"),
    ])
    func aMistakeIsNamed(right: String, wrong: String, sentence: String) throws {
        let error = try #require(throws: PlanCatalog.Unreadable.self) { try catalog(Self.free.replacing(right, with: wrong)) }
        #expect(error.description.contains(sentence), "\(error)")
    }

    @Test func twoPlansDoNotShareAWord() {
        #expect(throws: PlanCatalog.Unreadable.self) { try catalog(Self.free + "," + Self.free) }
        #expect(throws: PlanCatalog.Unreadable.self) { try catalog("") }
    }
}
