import JSON
import Mail
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// An organization is deleted and erased the way that the program does it: people, keys and mail by one side, jobs by the other.
@Suite(.database, .timeLimit(.minutes(1))) struct DeletedOrganizationTests {
    /// Acme with all that an organization can have, its owner signed in.
    private struct House {
        let scene: Scene
        let organizations: Organizations
        let keys: APIKeys
        let invites: Invites
        let eraser: Eraser
        let owner: Session
        let key: APIKey.Issued
        let claims: [Claim]

        var id: ID<Organization> { scene.acme.organization.id }

        init() async throws {
            scene = try await Scene()
            let (database, jobs) = (scene.database, scene.jobs)
            let door = JobsOfOrganization(
                stop: { try await jobs.stop($0, at: $1, in: $2) }, restart: { try await jobs.restart($0, at: $1, in: $2) },
                erase: { try await jobs.erase($0) })
            organizations = try Scene.organizations(database, jobs: door)
            let mails = organizations.mails
            keys = APIKeys(database, mails: mails)
            invites = Invites(database, mails: mails, limits: RateLimits(database))
            eraser = Eraser(database, jobs: door, logger: silence)
            owner = try await Self.signIn("alice@example.com", database)
            let access = Access(
                organization: scene.acme.organization, actor: .user(owner.user.id), origin: Origin(.page, from: "192.0.2.1"))
            key = try await keys.issue(.init(name: "Deploy", scopes: [.read, .write, .manage]), for: access)
            let made = try #require(try await keys.authenticate(key.text))
            _ = try await invites.send(to: "bob@example.com", as: .admin, for: made)
            _ = try await organizations.change(["slug": "acme-inc"], for: made)
            let signing = try #require(Scene.signing)
            _ = try await signing.rotate(overlapHours: 24, for: access, over: database)
            claims = try await Self.work(scene, for: access)
        }

        private static func signIn(_ email: String, _ database: Database) async throws -> Session {
            let token = Token()
            try await database.query(
                """
                INSERT INTO sessions (id, token_hash, user_id, device, created_at, last_used_at)
                SELECT \(ID<Session>()), \(token.hash), id, 'Firefox', now(), now() FROM users WHERE email = \(email)
                """)
            return try #require(try await Sessions(database).find(token.text))
        }

        /// History, what waits, and what a node has leased and not told of yet.
        private static func work(_ scene: Scene, for access: Access) async throws -> [Claim] {
            let now = scene.engine.clock.now()
            _ = try await scene.jobs.create(.call(), for: access)
            let job = try await scene.jobs.create(.probe(["every": "1h"], ["overlap": "allow"]), for: access)
            try await scene.enqueue(job, at: [now.adding(.seconds(-4))])
            try await scene.complete(try await scene.claim())
            try await scene.enqueue(job, at: [now.adding(.seconds(-3)), now.adding(.seconds(-2)), now.adding(.seconds(-1))])
            let claims = try await scene.claim()
            try await scene.enqueue(job, at: [now.adding(.seconds(60))])
            return claims
        }

        func delete() async throws {
            let access = try #require(
                try await Memberships(scene.database).all(of: owner.user.id).first?.access(
                    of: owner.user, from: Origin(.page)))
            try await organizations.delete(for: access, in: owner)
        }

        /// Seven days go by.
        func age() async throws {
            try await scene.database.query("UPDATE organizations SET deleted_at = deleted_at - interval '8 days' WHERE id = \(id)")
        }

        func rows() async throws -> [String: Int64] { try await TestDatabase.current.rowsHolding(id) }

        func mail() async throws -> [String] {
            try await scene.database.query("SELECT kind FROM outbox WHERE next_try_at IS NOT NULL ORDER BY kind").map { try $0("kind") }
        }
    }

    @Test func afterSevenDaysNoRowOfAnyTableHoldsItsId() async throws {
        let house = try await House()
        let other = try await house.scene.found("Other")
        let others = try await TestDatabase.current.rowsHolding(other.organization.id)
        try await house.scene.complete(Array(house.claims.prefix(1)))
        let rows = try await house.rows()
        let expected = [
            "organizations", "entitlements", "memberships", "api_keys", "invites", "outbox", "audit_log", "signing_secrets",
            "former_slugs", "jobs", "job_states", "schedule_periods", "queue", "lanes", "usage_counters",
        ]
        for table in expected { #expect(rows[table] ?? 0 > 0, "what the test is about is there: \(table)") }
        #expect(rows.keys.contains { $0.hasPrefix("executions_keep_") } && rows.keys.contains { $0.hasPrefix("attempts_keep_") })

        try await house.delete()
        try await house.eraser.sweep()
        #expect(try await house.rows()["organizations"] == 1, "not before its time")
        try await house.age()
        try await house.eraser.sweep()
        #expect(try await house.rows() == ["erasures": 1])
        #expect(try await TestDatabase.current.rowsHolding(other.organization.id) == others, "others lose nothing")
        #expect(try await Sessions(house.scene.database).all(of: house.owner.user.id).count == 1, "its people stay")
    }

    @Test func deletedItAnswersNobodyRunsNothingAndMailsOnlyThat() async throws {
        let house = try await House()
        #expect(try await house.mail() == ["invite", "new_api_key"])
        let stale = try #require(try await house.keys.authenticate(house.key.text))
        try await house.delete()
        #expect(try await house.keys.authenticate(house.key.text) == nil)
        #expect(
            try await Memberships(house.scene.database).all(of: house.owner.user.id)[0].access(
                of: house.owner.user, from: Origin(.page)) == nil)
        #expect(try await house.mail() == ["deletion_scheduled"], "an invite that nobody can accept is not sent any more")
        // Whoever was let in right before can cause no mail either.
        await #expect(throws: Denial.notFound) { try await house.keys.issue(.init(name: "Late", scopes: [.read]), for: stale) }
        await #expect(throws: Denial.notFound) { try await house.invites.send(to: "carol@example.com", as: .member, for: stale) }
        await #expect(throws: Denial.notFound) { try await house.organizations.change(["name": "Late"], for: stale) }
        #expect(try await house.mail() == ["deletion_scheduled"])
        try await house.scene.tick(at: house.scene.engine.clock.now().adding(.seconds(7_200)))
        #expect(try await house.scene.claim().isEmpty)
    }

    @Test func broughtBackItsJobsRunAndItsKeysAreGood() async throws {
        let house = try await House()
        try await house.scene.complete(house.claims)
        try await house.delete()
        let back = try await house.organizations.restore("acme-inc", ownedBy: house.owner.user, from: Origin(.page))
        #expect(back.id == house.id)
        let access = try #require(try await house.keys.authenticate(house.key.text))
        let jobs = try await house.scene.jobs.page(after: nil, limit: 10, for: access)
        let nexts = jobs.compactMap(\.nextRunAt)
        #expect(jobs.count == 2 && nexts.count == 2)
        // At the hour at which they are due, both are leased.
        let due = try #require(nexts.max())
        try await house.scene.engine.partitions.ensure([(7, due)])
        try await house.scene.tick(at: due)
        let claims = try await house.scene.queue.claim(10, for: house.scene.engine.node, now: due, horizon: due).claims
        #expect(Set(claims.map(\.jobID)) == Set(jobs.map(\.id)))
        // What is over by then does not come for it.
        try await house.eraser.sweep()
        #expect(try await house.scene.count("organizations WHERE id = \(house.id) AND deleted_at IS NULL") == 1)
    }

    /// A node was away, and comes back with what it ran when nobody knows the organization any more.
    @Test func whatIsToldAfterwardsBringsNothingBack() async throws {
        let house = try await House()
        let other = try await house.scene.found("Other")
        let job = try await house.scene.jobs.create(.probe(nil), for: other)
        try await house.scene.enqueue(job, of: other, at: [house.scene.engine.clock.now().adding(.seconds(-1))])
        let others = try await house.scene.claim()
        try #require(house.claims.count == 3 && others.count == 1)
        try await house.delete()
        try await house.age()
        try await house.eraser.sweep()
        // In one batch with what goes on.
        #expect(try await house.scene.complete(house.claims + others).recorded == 1)
        let failed = Outcome(reason: .httpStatus)
        #expect(try await house.scene.complete(house.claims, failed, retryAt: house.scene.engine.clock.now()).recorded == 0)
        #expect(try await house.rows() == ["erasures": 1])
        #expect(try await house.scene.count("executions WHERE organization_id = \(other.organization.id)") == 1)
    }

    @Test(arguments: 0..<4) func whatIsToldMeanwhileIsErasedToo(round: Int) async throws {
        let house = try await House()
        try await house.delete()
        try await house.age()
        async let erased: Void = house.eraser.sweep()
        for claim in house.claims { try await house.scene.complete([claim]) }
        try await erased
        #expect(try await house.rows() == ["erasures": 1])
    }
}
