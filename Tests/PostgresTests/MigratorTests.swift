import Foundation
import Testing
import TestSupport

@testable import Postgres

@Suite(.database) struct MigratorTests {
    private let database = TestDatabase.current.database

    private let first = Migration(name: "0001_first", sql: "CREATE TABLE first (n int);\nINSERT INTO first VALUES (1)")
    private let second = Migration(name: "0002_second", sql: "CREATE TABLE second (n int)")

    /// The schema comes with the real migrations applied; these tests start before them.
    init() async throws {
        try await database.script("DELETE FROM schema_migrations")
    }

    @Test func whatIsMissingIsAppliedOnceAndInOrder() async throws {
        let migrator = Migrator([first, second])
        #expect(try await migrator.pending(on: database) == ["0001_first", "0002_second"])
        #expect(try await migrator.run(on: database).applied == ["0001_first", "0002_second"])
        #expect(try await migrator.pending(on: database) == [])
        #expect(try await migrator.run(on: database).applied == [])
        #expect(try await database.query("SELECT count(*) AS n FROM first").only("n", as: Int64.self) == 1)
    }

    @Test func anEmptySchemaLacksEverything() async throws {
        try await database.script("DROP TABLE schema_migrations")
        #expect(try await Migrator([first]).pending(on: database) == ["0001_first"])
        #expect(try await Migrator([first]).run(on: database).applied == ["0001_first"])
    }

    @Test func nodesThatStartAtOnceApplyEachMigrationOnce() async throws {
        try await database.script("DROP TABLE schema_migrations")
        let slow = Migration(name: "0001_slow", sql: "CREATE TABLE slow (n int); SELECT pg_sleep(0.2)")
        let migrator = Migrator([slow, second])
        let database = database
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<6 { group.addTask { try await migrator.run(on: database).applied } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == ["0001_slow", "0002_second"])
        #expect(try await migrator.pending(on: database) == [])
    }

    @Test func aMigrationThatFailsLeavesNothing() async throws {
        let broken = Migration(name: "0002_broken", sql: "CREATE TABLE half (n int);\nINSERT INTO nowhere VALUES (1)")
        let error = await #expect(throws: MigrationError.self) { try await Migrator([first, broken]).run(on: database) }
        let text = try #require(error?.description)
        #expect(text.contains("0002_broken") && text.contains("line 2"))
        #expect(try await Migrator([first, broken]).pending(on: database) == ["0002_broken"])
        #expect(try await database.query("SELECT to_regclass('half') IS NULL AS gone").only("gone", as: Bool.self))
    }

    @Test func aMigrationChangedAfterItWasAppliedIsRefused() async throws {
        try await Migrator([first]).run(on: database)
        let changed = Migration(name: "0001_first", sql: first.sql + " ")
        let error = await #expect(throws: MigrationError.changed(name: "0001_first")) {
            try await Migrator([changed, second]).run(on: database)
        }
        #expect(error?.description.contains("migrations/0001_first.sql") == true)
        #expect(try await Migrator([changed, second]).pending(on: database) == ["0002_second"])
    }

    @Test func anOlderProgramWorksBesideANewerOne() async throws {
        try await Migrator([first, second]).run(on: database)
        let report = try await Migrator([first]).run(on: database)
        #expect(report == Migrator.Report(applied: [], unknown: ["0002_second"]))
        #expect(try await Migrator([first]).pending(on: database) == [])
    }

    @Test func theTextIsTakenAsItIs() async throws {
        let sql = "-- it's a \"comment\" — ü\nCREATE TABLE odd (text text DEFAULT 'a;b''c');"
        try await Migrator([Migration(name: "0001_it's", sql: sql)]).run(on: database)
        let stored = try await database.query("SELECT checksum FROM schema_migrations").only("checksum", as: String.self)
        // sha256sum of that text.
        #expect(stored == "47be6221ab53031717991a85ab4a796bf3832b064c9474d252baeefb4c52c70c")
    }
}
