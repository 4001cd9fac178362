import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// Who gets how much of a claim.
@Suite(.database) struct ClaimFairnessTests {
    @Test func aBacklogOfOneOrganizationDelaysNoOther() async throws {
        let scene = try await Scene()
        let (few, one) = (try await scene.found("Few"), try await scene.found("One"))
        try await scene.backlog(500)
        try await scene.backlog(12, of: few)
        try await scene.backlog(1, of: one)
        func shares(_ claims: [Claim]) -> [Int] {
            [scene.acme, few, one].map { access in claims.count { $0.organizationID == access.organization.id } }
        }
        #expect(shares(try await scene.claim(30)) == [10, 10, 1])
        #expect(shares(try await scene.claim(30)) == [15, 2, 0])
        #expect(shares(try await scene.claim(30)) == [30, 0, 0])
    }

    /// The one served longest ago comes first, so with fewer places than organizations all get their turn.
    @Test func organizationsTakeTurns() async throws {
        let scene = try await Scene()
        var all = [scene.acme]
        for name in ["B", "C", "D"] { all.append(try await scene.found(name + name + name)) }
        for access in all { try await scene.backlog(10, of: access) }
        var served: [ID<Organization>] = []
        for _ in 0..<8 { served += try await scene.claim(1).map(\.organizationID) }
        for access in all { #expect(served.count { $0 == access.organization.id } == 2, "\(access.organization.name)") }
    }

    /// What a plan lets run more of at a time gets more of a claim; nobody gets nothing.
    @Test func aGreaterPlanGetsAGreaterShareOfAClaim() async throws {
        let scene = try await Scene(.business(concurrency: 200))
        let free = try await scene.found("Free", .business(concurrency: 5))
        try await scene.backlog(100)
        try await scene.backlog(100, of: free)
        let claims = try await scene.claim(42)
        #expect(claims.count { $0.organizationID == scene.acme.organization.id } == 40)
        #expect(claims.count { $0.organizationID == free.organization.id } == 1)
    }

    @Test func noMoreIsClaimedThanWasAskedFor() async throws {
        let scene = try await Scene(.business(concurrency: 200))
        try await scene.backlog(100)
        for name in ["B", "C", "D", "E", "F"] {
            try await scene.backlog(5, of: try await scene.found(name + name + name, .business(concurrency: 2)))
        }
        #expect((10...12).contains(try await scene.claim(12).count))
    }
}
