import Postgres
import TestSupport
import Testing

@Suite(.database, .timeLimit(.minutes(1))) struct ScriptTests {
    @Test func aServerThatSaysNothingIsNotWaitedForLongerThanAsked() async throws {
        let server = try FakeServer(.isSilent)
        defer { server.stop() }
        let database = try Database(
            DatabaseConfiguration(url: server.url, applicationName: "lost"), on: Scratch.loop, logger: Scratch.logger)
        let start = ContinuousClock.now
        let error = try await failure { try await database.script("SELECT 1", timeout: .milliseconds(100)) }
        #expect(error.kind == .timedOut && error.outcomeUnknown && error.sql == nil)
        #expect((.seconds(1)..<(.seconds(30))).contains(start.duration(to: .now)))
        await database.close()
    }

    @Test func theServerIsFirstToBreakOffAStatementThatTakesTooLong() async throws {
        try await Scratch.with { scratch in
            // It is a second ahead, which a busy machine may take from it now and then.
            try await until("we break it off first") {
                let error = try await failure { try await scratch.database.script("SELECT pg_sleep(60)", timeout: .milliseconds(100)) }
                return error.sqlState == "57014" && !error.outcomeUnknown
            }
        }
    }

    @Test func aTextThatDoesNotFitIntoTheSocketIsRunWhole() async throws {
        try await Scratch.with { scratch in
            let padding = String(repeating: "x", count: 20_000_000)
            try await scratch.database.script("CREATE TABLE first (n integer); SELECT '\(padding)'; CREATE TABLE last (n integer)")
            try await scratch.database.query("SELECT FROM first, last")
        }
    }

    @Test func theFirstMistakeUndoesWhatWasBeforeIt() async throws {
        try await Scratch.with { scratch in
            let error = try await failure { try await scratch.database.script("CREATE TABLE first (n integer);\nSELECT 1 / 0;\nSELECT 1") }
            #expect(error.sqlState == "22012")
            #expect(try await failure { try await scratch.database.query("SELECT FROM first") }.sqlState == "42P01")
        }
    }
}
