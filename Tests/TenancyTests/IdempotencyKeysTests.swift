import JSON
import Postgres
import Secrets
import Synchronization
import TestSupport
import Testing
import Time

@testable import Tenancy

/// The same request is carried out once. Two of these doors on one database are two nodes.
@Suite("A request with an Idempotency-Key", .database, .timeLimit(.minutes(1))) struct IdempotencyKeysTests {
    private typealias Kept = IdempotencyKeys.Answer

    private let database = TestDatabase.current.database
    private let door: IdempotencyKeys

    init() throws {
        door = IdempotencyKeys(TestDatabase.current.database, seal: try Seal(keys: [Seal.Key([UInt8](repeating: 7, count: 32))]))
    }

    /// With a new key of a new organization.
    private func access() async throws -> Access {
        let scene = try Scene()
        let founded = try await scene.found()
        let key = try await scene.keys.issue(.init(name: "Ours", scopes: [.write]), for: scene.access(founded)).id
        return Access(organization: founded.organization, actor: .key(key), role: .admin, scopes: [.write], origin: Origin(.api))
    }

    private func request(_ name: String = "a", _ body: String = "{}") throws -> IdempotencyKeys.Request {
        try IdempotencyKeys.Request(
            named: #require(IdempotencyKeys.Name(name)), saying: [Array("POST".utf8), Array(body.utf8)], mayTake: .seconds(60))
    }

    private func answer(_ text: String) -> Kept { Kept(status: 201, headers: ["Location": "/x"], body: Array(text.utf8)) }

    /// What every request that changes something does.
    private func effect(_ access: Access, on subject: String = "job_1") async throws {
        try await database.transaction { transaction in
            try await transaction.query(access.entry(at: .now(), "job.created", on: subject).insertion)
        }
    }

    private func effects() async throws -> Int64 {
        try await database.query("SELECT count(*) AS n FROM audit_log WHERE action = 'job.created'").only("n")
    }

    /// As if its process had died, and a minute gone by.
    private func abandon() async throws { try await database.query("UPDATE idempotency_keys SET held_until = now()") }

    private struct Died: Error {}

    @Test("is carried out once, and answered the same every time") func once() async throws {
        let access = try await access()
        let first = try await door.once(request(), for: access) { access in
            try await effect(access)
            return answer("secret")
        }
        let second = try await door.once(request(), for: access) { _ in throw Died() }
        #expect(!first.isReplayed && second.isReplayed && first.answer == second.answer)
        #expect(try await effects() == 1)
        let sealed: [UInt8] = try await database.query("SELECT sealed FROM idempotency_keys").only("sealed")
        #expect(!sealed.contains(Array("secret".utf8)))
    }

    @Test("that is another one is refused; another key, or another name, is another matter") func another() async throws {
        let (mine, others) = (try await access(), try await access())
        _ = try await door.once(request(), for: mine) { _ in answer("mine") }
        await #expect(throws: IdempotencyKeys.Refusal.reused) { try await door.once(request("a", "{ }"), for: mine) { _ in answer("") } }
        for (request, access) in [(try request("b"), mine), (try request(), others)] {
            let fresh = try await door.once(request, for: access) { _ in answer("fresh") }
            #expect(!fresh.isReplayed)
        }
    }

    @Test("that fails frees its name, also for another request") func failure() async throws {
        let access = try await access()
        await #expect(throws: Died.self) { try await door.once(request(), for: access) { _ in throw Died() } }
        let next = try await door.once(request("a", "mended"), for: access) { _ in answer("ok") }
        #expect(!next.isReplayed)
    }

    @Test("sixty-four times at once, over two nodes: one is carried out, and all are answered alike") func atOnce() async throws {
        let access = try await access()
        let nodes = [door, door]
        let answers = try await withThrowingTaskGroup(of: (answer: Kept, isReplayed: Bool).self) { tasks in
            for index in 0..<64 {
                tasks.addTask {
                    try await nodes[index % 2].once(request(), for: access) { access in
                        try await effect(access)
                        try await Task.sleep(for: .milliseconds(100))
                        return answer("\(index)")
                    }
                }
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(try await effects() == 1)
        #expect(answers.count == 64 && answers.allSatisfy { $0.answer == answers[0].answer })
        #expect(answers.count { !$0.isReplayed } == 1)
    }

    @Test("that is still being carried out is to be waited for") func inProgress() async throws {
        let access = try await access()
        _ = try await door.once(request(), for: access) { _ in
            await #expect(throws: IdempotencyKeys.Refusal.inProgress) { try await door.once(request(), for: access) { _ in answer("") } }
            return answer("late")
        }
    }

    @Test("whose process died before it did anything is carried out by the next") func diedBefore() async throws {
        let access = try await access()
        _ = try await door.once(request(), for: access) { _ in
            try await abandon()
            let next = try await door.once(request(), for: access) { access in
                try await effect(access)
                return answer("next")
            }
            #expect(!next.isReplayed)
            return answer("nobody hears this")
        }
        let third = try await door.once(request(), for: access) { _ in throw Died() }
        #expect(third.answer == answer("next"))
        #expect(try await effects() == 1)
    }

    @Test("whose process died after it, and before the answer, is not: what it did is named") func diedAfter() async throws {
        let access = try await access()
        _ = try await door.once(request(), for: access) { access in
            try await effect(access, on: "job_7")
            try await abandon()
            for _ in 0..<2 {
                await #expect(throws: IdempotencyKeys.Refusal.answerLost(subjects: ["job_7"])) {
                    try await door.once(request(), for: access) { _ in answer("twice") }
                }
            }
            return answer("late")
        }
        #expect(try await effects() == 1)
    }

    @Test("whose process slept while another took it over can change nothing any more") func slept() async throws {
        let access = try await access()
        await #expect(throws: IdempotencyKeys.Refusal.inProgress) {
            try await door.once(request(), for: access) { sleeper in
                try await abandon()
                _ = try await door.once(request(), for: access) { access in
                    try await effect(access)
                    return answer("other")
                }
                try await effect(sleeper)
                return answer("sleeper")
            }
        }
        #expect(try await effects() == 1)
        #expect(try await door.once(request(), for: access) { _ in throw Died() }.answer == answer("other"))
    }

    @Test("is forgotten after a day") func forgotten() async throws {
        let access = try await access()
        _ = try await door.once(request(), for: access) { _ in answer("yesterday") }
        try await database.query("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
        let again = try await door.once(request("a", "other"), for: access) { _ in answer("today") }
        #expect(!again.isReplayed)
        try await database.query("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
        try await IdempotencyKeys.prune(database)
        #expect(try await database.query("SELECT FROM idempotency_keys").isEmpty)
    }

    @Test("is sealed anew when keys are changed") func rotation() async throws {
        let access = try await access()
        _ = try await door.once(request(), for: access) { _ in answer("kept") }
        let both = try Seal(keys: [8, 7].map { try Seal.Key([UInt8](repeating: $0, count: 32)) })
        let rotation = try await SealingKeys(database, seal: both, columns: [IdempotencyKeys.column]).rotate()
        #expect(rotation.columns.map(\.resealed) == [1] && rotation.columns.map(\.unopened) == [0])
        let new = IdempotencyKeys(database, seal: try Seal(keys: [Seal.Key([UInt8](repeating: 8, count: 32))]))
        #expect(try await new.once(request(), for: access) { _ in throw Died() }.answer == answer("kept"))
    }

    @Test("has a name of 1 to 255 printable characters", arguments: ["", "é", "a\n", String(repeating: "x", count: 256)])
    func badName(name: String) { #expect(IdempotencyKeys.Name(name) == nil) }
}
