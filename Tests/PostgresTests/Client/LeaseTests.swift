import Postgres
import TestSupport
import Testing

@Suite(.database) struct LeaseTests {
    @Test func whenAllConnectionsStayTakenTheErrorSaysSo() async throws {
        try await Scratch.with {
            $0.leaseConnections = 2
            $0.connectionWait = .milliseconds(200)
        } _: { scratch in
            try await scratch.database.transaction { _ in
                try await scratch.database.transaction { _ in
                    let error = try await failure { try await scratch.database.transaction { _ in } }
                    #expect(error.kind == .poolExhausted)
                    #expect(error.message == "no connection for a transaction within 0.2 seconds: all 2 are taken")
                }
            }
            try await scratch.database.transaction { try await $0.query("SELECT 1") }
        }
    }

    @Test func borrowersTakeTurns() async throws {
        try await Scratch.with {
            $0.leaseConnections = 2
        } _: { scratch in
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await scratch.database.transaction { try await $0.query("SELECT \(number) AS n").only("n", as: Int.self) }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 780)
            #expect(try await scratch.sessions() <= 2)
        }
    }

    @Test func aCancelledTaskEndsItsStatementAndLeaksNoLease() async throws {
        try await Scratch.with {
            $0.leaseConnections = 1
        } _: { scratch in
            for _ in 0..<3 {
                let task = Task {
                    try await failure { try await scratch.database.transaction { try await $0.query("SELECT pg_sleep(60)") } }
                }
                try await scratch.untilRunning(like: "SELECT pg_sleep%")
                task.cancel()
                #expect(try await task.value.kind == .cancelled)
                #expect(try await scratch.database.transaction { try await $0.query("SELECT 1 AS one").only("one", as: Int.self) } == 1)
            }
        }
    }

    @Test func aTaskCancelledWhileItWaitsForALeaseLeavesTheQueue() async throws {
        try await Scratch.with {
            $0.leaseConnections = 1
        } _: { scratch in
            try await scratch.database.transaction { transaction in
                try await transaction.query("SELECT 1")
                let waiting = Task { try await failure { try await scratch.database.transaction { _ in } } }
                // Round trips, so that it stands in the queue by now; a task cancelled earlier takes another way out.
                for _ in 0..<20 { try await scratch.database.query("SELECT 1") }
                waiting.cancel()
                #expect(try await waiting.value.kind == .cancelled)
            }
            try await scratch.database.transaction { try await $0.query("SELECT 1") }
        }
    }

    @Test func aSessionLeftInTheMiddleOfSomethingIsNotLentAgain() async throws {
        try await Scratch.with {
            $0.leaseConnections = 1
        } _: { scratch in
            let first: Int32 = try await scratch.database.transaction { try await $0.query("SELECT pg_backend_pid() AS pid").only("pid") }
            // The answer to this statement is not awaited: when the lease ends it is still under way.
            let late = try await failure {
                try await scratch.database.transaction { try await $0.query("SELECT pg_sleep(60)", timeout: .milliseconds(100)) }
            }
            #expect(late.kind == .timedOut && !late.outcomeUnknown)
            let second: Int32 = try await scratch.database.transaction { try await $0.query("SELECT pg_backend_pid() AS pid").only("pid") }
            #expect(first != second)
        }
    }
}
