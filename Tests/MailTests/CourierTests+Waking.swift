import Foundation
import Postgres
import Secrets
import ServiceLifecycle
import TestSupport
import Testing
import Time

@testable import Mail

/// What wakes a courier, and what it tells.
extension CourierTests {
    @Test func aMailOfATransactionThatFailsIsNotThere() async throws {
        let scene = try Scene()
        let insertion = try scene.outbox.insertion(
            Scene.message(), to: try #require(EmailAddress("alice@example.com")), at: Self.begin)
        await #expect(throws: NeverHappened.self) {
            try await scene.database.transaction { transaction in
                try await transaction.query(insertion)
                throw NeverHappened("on purpose")
            }
        }
        #expect(try await scene.count() == 0)
    }

    @Test func aCourierIsWokenByAMailAndStopsWhenAsked() async throws {
        let scene = try Scene()
        var courier = scene.courier
        courier.pause = .seconds(3_600)
        let group = ServiceGroup(services: [courier], logger: scene.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            // From here on it sleeps for an hour, but for one more look, which it takes because it listens.
            try await until("the courier listens") {
                let listening: Int = try await scene.database.query(
                    """
                    SELECT count(*) AS count FROM pg_stat_activity
                    WHERE application_name = \(TestDatabase.current.schema) AND query LIKE 'LISTEN%'
                    """
                ).only("count")
                return listening > 0
            }
            for count in 1...3 {
                try await scene.add(at: .now())
                try await until("mail \(count) is sent") { scene.transport.sent.count == count }
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func theLogNamesNobodyAndTellsNothing() async throws {
        let scene = try Scene(answering: .sent(providerID: nil), .tryLater(reason: "busy", after: nil))
        try await scene.add()
        try await scene.add(to: "bob@example.com")
        try await scene.courier.deliver(at: Self.begin)
        #expect(scene.notes.text.contains("mail was delivered"))
        for word in ["alice", "bob", "anary"] { #expect(!scene.notes.text.contains(word)) }
    }
}
