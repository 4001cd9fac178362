import EventLoop
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import Postgres

@Suite(.database) struct BrokenConnectionTests {
    @Test func aKilledSessionIsReplaced() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
        } _: { scratch in
            let before: Int32 = try await scratch.database.query("SELECT pg_backend_pid() AS pid").only("pid")
            #expect(try await scratch.terminate() == 1)
            let after: Int32 = try await scratch.database.query("SELECT pg_backend_pid() AS pid").only("pid")
            #expect(before != after)
        }
    }

    @Test func aStatementWhoseAnswerIsLostMayHaveTakenEffect() async throws {
        try await Scratch.with { scratch in
            async let lost = failure { try await scratch.database.query("SELECT pg_sleep(\(60.0))") }
            try await scratch.untilRunning(like: "SELECT pg_sleep%")
            try await scratch.terminate(like: "SELECT pg_sleep%")
            let error = try await lost
            #expect(error.kind == .connectionLost)
            #expect(error.outcomeUnknown)
            #expect(error.sql == "SELECT pg_sleep($1)")
        }
    }

    @Test func aStatementThatIsLateTakesItsConnectionWithItAndOthersRecover() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
        } _: { scratch in
            let before: Int32 = try await scratch.database.query("SELECT pg_backend_pid() AS pid").only("pid")
            // Time enough to be seen running, and to be joined.
            async let late = failure { try await scratch.database.query("SELECT pg_sleep(60)", timeout: .seconds(8)) }
            try await scratch.untilRunning(like: "SELECT pg_sleep%")
            async let neighbour = failure { try await scratch.database.query("SELECT 1") }
            let (lateError, neighbourError) = try await (late, neighbour)
            #expect(lateError.kind == .timedOut && lateError.outcomeUnknown)
            #expect(neighbourError.kind == .connectionLost && neighbourError.outcomeUnknown)
            let after: Int32 = try await scratch.database.query("SELECT pg_backend_pid() AS pid").only("pid")
            #expect(before != after)
        }
    }

    @Test func theServerBreaksOffALongStatementAndTheConnectionStays() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
            $0.statementTimeout = .seconds(6)
        } _: { scratch in
            let before: Int32 = try await scratch.database.query("SELECT pg_backend_pid() AS pid").only("pid")
            let error = try await failure { try await scratch.database.query("SELECT pg_sleep(60)") }
            #expect(error.sqlState == "57014" && !error.outcomeUnknown)
            #expect(try await scratch.database.query("SELECT pg_backend_pid() AS pid").only("pid") == before)
        }
    }

    @Test func withoutAServerStatementsFailInTimeAndSayWhy() async throws {
        var configuration = DatabaseConfiguration(url: "postgresql://nobody@127.0.0.1:1/nothing", applicationName: "lost")
        configuration.connectionWait = .seconds(6)
        let database = try Database(configuration, on: Scratch.loop, logger: Scratch.logger)
        let start = ContinuousClock.now
        async let statement = failure { try await database.query("SELECT \(1)") }
        async let transaction = failure { try await database.transaction { try await $0.query("SELECT 1") } }
        let (error, other) = try await (statement, transaction)
        #expect(error.kind == .unavailable && !error.outcomeUnknown)
        #expect(error.message.contains("Connection refused"))
        #expect(other.kind == .unavailable)
        #expect(start.duration(to: .now) < .seconds(30))
        await database.close()
    }

    @Test func aServerThatLetsInAndDropsIsAskedLessAndLess() async throws {
        let server = try FakeServer(.drops)
        defer { server.stop() }
        var configuration = DatabaseConfiguration(url: server.url, applicationName: "lost")
        (configuration.hotConnections, configuration.connectionWait) = (1, .seconds(10))
        let database = try Database(configuration, on: Scratch.loop, logger: Scratch.logger)
        let end = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < end { _ = try? await database.query("SELECT 1") }
        // 50, 100, 200, 400, 800 ms, each half as long at the least.
        #expect((2...8).contains(server.count))
        await database.close()
    }

    /// A machine that vanishes sends no word of its end.
    @Test(arguments: [ConnectionParameters.Vigilance.ordinary, .high])
    func theServerSoonNoticesAClientThatIsGone(vigilance: ConnectionParameters.Vigilance) throws {
        let configuration = DatabaseConfiguration(url: "postgresql://db/prikke", applicationName: "gone")
        let options = try #require(ConnectionParameters(configuration, vigilance: vigilance).values["options"])
        for setting in ["tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout"] {
            #expect(options.contains("-c \(setting)="))
        }
    }

    @Test func whatCannotWaitAnyMoreIsRefusedAtOnce() async throws {
        var configuration = DatabaseConfiguration(url: "postgresql://nobody@127.0.0.1:1/nothing", applicationName: "lost")
        configuration.connectionWait = .seconds(30)
        configuration.mostWaiting = 5
        let database = try Database(configuration, on: Scratch.loop, logger: Scratch.logger)
        let errors = try await withThrowingTaskGroup(of: PostgresError.self) { tasks in
            for _ in 0..<12 { tasks.addTask { try await failure { try await database.query("SELECT 1") } } }
            var errors: [PostgresError] = []
            while let error = try await tasks.next() {
                errors.append(error)
                // The others would go on waiting: they are told when there is nothing more to wait for.
                if errors.count == 7 { await database.close() }
            }
            return errors
        }
        #expect(errors.prefix(7).allSatisfy { $0.kind == .unavailable && $0.message.contains("5 statements wait") && !$0.outcomeUnknown })
        #expect(errors.dropFirst(7).map(\.kind) == Array(repeating: .closed, count: 5))
    }

    @Test func aClosedDatabaseRefuses() async throws {
        try await Scratch.with { scratch in
            try await scratch.database.query("SELECT 1")
            await scratch.database.close()
            #expect(try await failure { try await scratch.database.query("SELECT 1") }.kind == .closed)
            #expect(try await failure { try await scratch.database.transaction { try await $0.query("SELECT 1") } }.kind == .closed)
            try await until("sessions stay open") { try await scratch.sessions() == 0 }
        }
    }

    @Test func closingWaitsForWhatIsUnderWay() async throws {
        try await Scratch.with { scratch in
            let lock = Int64.random(in: .min ... .max)
            let (unlocked, unlock) = AsyncStream.makeStream(of: Void.self)
            async let holding: Void = scratch.admin.transaction { holder in
                try await holder.query("SELECT pg_advisory_xact_lock(\(lock))")
                for await _ in unlocked { break }
            }
            try await until("nobody holds the lock") {
                try await scratch.admin.query(
                    "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid::bigint = \(lock & 0xffff_ffff)"
                ).count == 1
            }
            async let slow = scratch.database.query("SELECT 'done' AS word, pg_advisory_xact_lock(\(lock))")
            try await scratch.untilRunning(like: "SELECT 'done'%")
            async let closing: Void = scratch.database.close()
            try await until("the database stays open") { (try? await scratch.database.transaction { _ in }) == nil }
            unlock.finish()
            try await holding
            #expect(try await slow.only("word") == "done")
            await closing
        }
    }

    @Test func theServiceClosesTheDatabaseWhenItIsStopped() async throws {
        try await Scratch.with { scratch in
            let group = ServiceGroup(configuration: .init(services: [scratch.database], logger: Scratch.logger))
            async let running: Void = group.run()
            try await scratch.database.query("SELECT 1")
            await group.triggerGracefulShutdown()
            try await running
            #expect(try await failure { try await scratch.database.query("SELECT 1") }.kind == .closed)
        }
    }
}
