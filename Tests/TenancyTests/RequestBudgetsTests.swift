import Postgres
import TestSupport
import Testing

@testable import Tenancy

/// How often keys and organizations may ask. Two of these budgets on one database are two nodes.
@Suite(.database, .timeLimit(.minutes(1))) struct RequestBudgetsTests {
    private let limits = RateLimits(TestDatabase.current.database)

    private func budgets(_ perMinute: Int) -> RequestBudgets { RequestBudgets(limits, perMinute: perMinute) }

    /// Of an organization, with a new key of it.
    private func access(_ organization: Organization) -> Access {
        Access(organization: organization, actor: .key(ID<APIKey>()), role: .admin, scopes: [.read], origin: Origin(.api))
    }

    private func allowed(_ count: Int, of budgets: RequestBudgets, for access: Access) async throws -> Int {
        var allowed = 0
        for _ in 0..<count where try await budgets.take(for: access)?.isAllowed == true { allowed += 1 }
        return allowed
    }

    /// Ends what is counted in the database, as its time would.
    private func endWindows() async throws {
        try await TestDatabase.current.database.query("UPDATE rate_counts SET window_end = now()")
    }

    private func used() async throws -> [Int32] {
        try await TestDatabase.current.database.query("SELECT used FROM rate_counts ORDER BY used").map { try $0("used") }
    }

    @Test func aKeyHasItsLimitAndIsToldHowItStands() async throws {
        let (budgets, key) = (budgets(3), access(try await Scene().found().organization))
        for left in [2, 1, 0] {
            let verdict = try #require(try await budgets.take(for: key))
            #expect(verdict.isAllowed && verdict.left == left && verdict.most == 3 && verdict.windowSeconds == 60)
            #expect((1...60).contains(verdict.secondsLeft))
        }
        let refusal = try #require(try await budgets.take(for: key))
        #expect(!refusal.isAllowed && refusal.left == 0 && refusal.most == 3)
        #expect((1...60).contains(refusal.secondsLeft))
    }

    @Test func mostRequestsAskNoDatabase() async throws {
        let (budgets, key) = (budgets(1_000), access(try await Scene().found().organization))
        #expect(try await allowed(10, of: budgets, for: key) == 10)
        #expect(try await used() == [10, 20], "a hundredth of the key's and of the organization's limit")
        #expect(try await allowed(1, of: budgets, for: key) == 1)
        #expect(try await used() == [20, 20])
        let verdict = try #require(try await budgets.take(for: key))
        #expect(verdict.left == 988)
    }

    @Test func aRefusedRequestAsksNoDatabaseEither() async throws {
        let (budgets, key) = (budgets(2), access(try await Scene().found().organization))
        #expect(try await allowed(3, of: budgets, for: key) == 2)
        let before = try await used()
        #expect(try await allowed(50, of: budgets, for: key) == 0)
        #expect(try await used() == before)
    }

    @Test func theNextWindowBeginsAnew() async throws {
        let organization = try await Scene().found().organization
        let key = access(organization)
        #expect(try await allowed(5, of: budgets(2), for: key) == 2)
        #expect(try await allowed(5, of: budgets(2), for: key) == 0, "another node knows of it")
        try await endWindows()
        #expect(try await allowed(5, of: budgets(2), for: key) == 2)
    }

    @Test func zeroMeansNoLimit() async throws {
        let (budgets, key) = (budgets(0), access(try await Scene().found().organization))
        for _ in 0..<20 { #expect(try await budgets.take(for: key) == nil) }
        #expect(try await used() == [])
    }

    @Test func onlyKeysAreCounted() async throws {
        let scene = try Scene()
        let organization = try await scene.found().organization
        for actor in [Actor.user(ID<User>()), .system, .operator] {
            #expect(try await budgets(1).take(for: Access(organization: organization, actor: actor, origin: Origin(.page))) == nil)
        }
        #expect(try await used() == [])
    }

    @Test func allKeysOfAnOrganizationShareTwiceTheLimit() async throws {
        let scene = try Scene()
        let (acme, other) = (try await scene.found().organization, try await scene.found("Other").organization)
        let budgets = budgets(4)
        for expected in [4, 4, 0, 0] { #expect(try await allowed(6, of: budgets, for: access(acme)) == expected) }
        #expect(try await allowed(6, of: budgets, for: access(other)) == 4, "another organization's keys are not touched")
    }

    /// A key that is used up must not use up what the organization's other keys have.
    @Test func whatAKeyIsRefusedIsNotCountedForItsOrganization() async throws {
        let organization = try await Scene().found().organization
        let (budgets, greedy, modest) = (budgets(4), access(organization), access(organization))
        #expect(try await allowed(100, of: budgets, for: greedy) == 4)
        #expect(try await allowed(6, of: budgets, for: modest) == 4)
    }

    @Test(arguments: [7, 60, 250]) func manyAtOnceOverTwoNodesNeverExceedTheLimit(limit: Int) async throws {
        let key = access(try await Scene().found().organization)
        let nodes = [budgets(limit), budgets(limit)]
        let passed = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for taker in 0..<16 { tasks.addTask { try await allowed(limit / 4 + 1, of: nodes[taker % 2], for: key) } }
            return try await tasks.reduce(0, +)
        }
        #expect(passed <= limit)
        // What one node was granted and did not use is lost to the other: a chunk at most.
        #expect(passed >= limit - 2 * max(1, limit / 100))
    }
}

@Suite(.database) struct RateLimitsTests {
    private let limits = RateLimits(TestDatabase.current.database)
    private let narrow = RateLimit(name: "narrow", most: 1, window: .seconds(60))
    private let wide = RateLimit(name: "wide", most: 2, window: .seconds(3_600))

    private func used(_ limit: RateLimit, _ subject: String) async throws -> Int { try await limits.take(0, of: (limit, subject)).used }

    /// Who is refused for his network must not use up somebody's address.
    @Test func whatComesAfterTheLimitThatIsUsedUpIsNotCounted() async throws {
        #expect(try await limits.refusal([(narrow, "a"), (wide, "b")]) == nil)
        for _ in 0..<5 { #expect(try await limits.refusal([(narrow, "a"), (wide, "b")]) != nil) }
        #expect(try await used(wide, "b") == 1)
        #expect(try await limits.refusal([(narrow, "c"), (wide, "b")]) == nil)
        #expect(try await limits.refusal([(wide, "b")]) != nil)
    }

    @Test func aRefusalSaysWhenItsOwnWindowEnds() async throws {
        _ = try await limits.refusal([(wide, "a"), (narrow, "a")])
        let seconds = try #require(try await limits.refusal([(wide, "a"), (narrow, "a")]))
        #expect((1...60).contains(seconds), "the narrow one's, not the wide one's")
    }

    @Test func namesAndSubjectsAreCountedApart() async throws {
        #expect(try await limits.refusal([(narrow, "a")]) == nil)
        #expect(try await limits.refusal([(narrow, "A")]) == nil)
        #expect(try await limits.refusal([(RateLimit(name: "other", most: 1, window: .seconds(60)), "a")]) == nil)
        #expect(try await limits.refusal([(narrow, "a")]) != nil)
    }

    @Test func nothingOfWhatIsCountedCanBeRead() async throws {
        _ = try await limits.refusal([(narrow, "alice@example.com")])
        #expect(try await TestDatabase.current.rowsHolding("alice@example.com") == [:])
    }

    /// What is taken within a transaction that fails was not taken.
    @Test func aTransactionThatFailsGivesBackWhatItTook() async throws {
        await #expect(throws: Denial.notFound) {
            try await TestDatabase.current.database.transaction { transaction in
                _ = try await limits.refusal([(narrow, "a")], over: transaction)
                throw Denial.notFound
            }
        }
        #expect(try await limits.refusal([(narrow, "a")]) == nil)
    }
}
