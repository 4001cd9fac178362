import Foundation
import Testing

@testable import Postgres

/// One after the other: each makes a cluster.
@Suite(.serialized) struct EmbeddedPostgresTests {
    @Test func aFreshFolderBecomesADurableDatabaseThatKeepsItsRows() async throws {
        try await withDataFolder { folder in
            var server = try await EmbeddedPostgres.start(dataFolder: folder, logger: silence)
            for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
                #expect(await answer(to: "SHOW \(setting)", at: server.connectionString) == "on")
            }
            #expect(await answer(to: "SHOW listen_addresses", at: server.connectionString) == "")
            #expect(await answer(to: "SELECT current_database()", at: server.connectionString) == "prikke")
            #expect(await answer(to: "CREATE TABLE kept AS SELECT 7 AS n", at: server.connectionString) != nil)
            let socketFolder = try #require(linkTarget(folder + "/socket"))
            await server.stop()
            #expect(!isFolder(socketFolder))
            #expect(EmbeddedPostgres.running(dataFolder: folder) == nil)

            server = try await EmbeddedPostgres.start(dataFolder: folder, logger: silence)
            #expect(await answer(to: "SELECT n FROM kept", at: server.connectionString) == "7")
            await server.stop()
        }
    }

    @Test func aSecondStartIsRefusedAndNamesTheOwner() async throws {
        try await withDataFolder { folder in
            let server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            let real = try #require(realPath(folder))
            await #expect(throws: EmbeddedPostgresError.inUse(dataFolder: real, owner: getpid())) {
                try await EmbeddedPostgres.start(dataFolder: folder, logger: silence)
            }
            #expect(await answer(to: "SELECT 1", at: server.connectionString) == "1")
            await server.stop()
        }
    }

    @Test(arguments: ["with spaces, 'quotes', \"more\", $HOME, `ls` and é", String(repeating: "deep/", count: 30) + "data"])
    func anyPathWorks(name: String) async throws {
        try await withDataFolder(named: name) { folder in
            let server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            #expect(await answer(to: "SELECT 1", at: server.connectionString) == "1")
            #expect(server.note == nil)
            await server.stop()
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root must run the server as somebody else"))
    func aFolderClosedToTheServersUserKeepsItsClusterElsewhere() async throws {
        try await withDataFolder(named: "closed/data") { folder in
            let closed = try #require(parent(of: folder))
            try makeFolder(closed, mode: 0o700)
            var server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            let note = try #require(server.note)
            #expect(note.contains("/var/lib/prikke/"))
            #expect(EmbeddedPostgres.running(dataFolder: folder) == server.connectionString)
            #expect(await answer(to: "CREATE TABLE kept AS SELECT 7 AS n", at: server.connectionString) != nil)
            await server.stop()

            // Once there it stays there, also when the folder has been opened or moved.
            chmod(closed, 0o755)
            #expect(rename(folder, folder + "2") == 0)
            server = try await EmbeddedPostgres.start(dataFolder: folder + "2", profile: .disposable, logger: silence)
            #expect(await answer(to: "SELECT n FROM kept", at: server.connectionString) == "7")
            await server.stop()
            #expect(rename(folder + "2", folder) == 0)
        }
    }

    @Test func aStrangersSocketFolderIsNotUsed() async throws {
        try await withDataFolder { folder in
            try makeFolder(folder, mode: 0o711)
            let open = folder + "/open"
            try makeFolder(open, mode: 0o777)
            #expect(symlink(open, folder + "/socket") == 0)
            let server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            #expect(!server.connectionString.contains(open))
            #expect(names(in: open).isEmpty)

            let used = try #require(linkTarget(folder + "/socket"))
            var entry = stat()
            #expect(lstat(used, &entry) == 0)
            #expect(entry.st_mode & 0o777 == 0o700)
            #expect(entry.st_uid == Self.owner(ofCluster: folder))
            await server.stop()
        }
    }

    private static func owner(ofCluster folder: String) -> uid_t {
        var entry = stat()
        return stat(folder + "/cluster", &entry) == 0 ? entry.st_uid : uid_t.max
    }

    @Test func aCopyOfADataFolderGetsASocketOfItsOwn() async throws {
        try await withDataFolder { folder in
            let server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            try await withDataFolder { copy in
                try makeFolder(copy, mode: 0o711)
                #expect(symlink(try #require(linkTarget(folder + "/socket")), copy + "/socket") == 0)
                let second = try await EmbeddedPostgres.start(dataFolder: copy, profile: .disposable, logger: silence)
                #expect(second.connectionString != server.connectionString)
                await second.stop()
            }
            #expect(await answer(to: "SELECT 1", at: server.connectionString) == "1")
            await server.stop()
        }
    }

    @Test func theServerGetsNothingOfOurs() async throws {
        setenv("PRIKKE_TEST_SECRET", "not for children", 1)
        try await withDataFolder { folder in
            let server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            let pid = try #require(Postmaster.state(of: realPath(folder + "/cluster") ?? "")?.pid)
            let environment = try #require(contents(of: "/proc/\(pid)/environ"))
            #expect(!environment.contains("PRIKKE_TEST_SECRET") && environment.contains("PATH="))
            // Its stdin is nothing, its output our file, and every other descriptor it opened itself.
            #expect(linkTarget("/proc/\(pid)/fd/0") == "/dev/null")
            #expect(linkTarget("/proc/\(pid)/fd/1").flatMap(realPath) == realPath(folder + "/postgres.log"))
            #expect(linkTarget("/proc/\(pid)/fd/2") == linkTarget("/proc/\(pid)/fd/1"))
            let lock = try #require(realPath(folder + "/lock"))
            #expect(!names(in: "/proc/\(pid)/fd").contains { linkTarget("/proc/\(pid)/fd/\($0)") == lock })
            #expect(getsid(pid) == pid)
            await server.stop()
        }
    }

    @Test func aKilledServerIsStartedAgainAtTheSameAddress() async throws {
        try await withDataFolder { folder in
            let server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            let cluster = try #require(realPath(folder + "/cluster"))
            let first = try #require(Postmaster.state(of: cluster)?.pid)
            let keeper = Task { await server.run() }
            #expect(kill(first, SIGKILL) == 0)
            let revived = await onOwnThread {
                waits(.seconds(30)) { Postmaster.state(of: cluster).map { $0.pid != first && $0.isReady } ?? false }
            }
            #expect(revived)
            #expect(await answer(to: "SELECT 1", at: server.connectionString) == "1")
            keeper.cancel()
            await keeper.value
            #expect(EmbeddedPostgres.running(dataFolder: folder) == nil)
        }
    }

    @Test func callsOfTheCommandLineUseTheRunningServerOrOneOfTheirOwn() async throws {
        try await withDataFolder { folder in
            let alone = try await EmbeddedPostgres.withServer(dataFolder: folder, logger: silence) { connectionString in
                #expect(EmbeddedPostgres.running(dataFolder: folder) == connectionString)
                return await answer(to: "SELECT 1", at: connectionString)
            }
            #expect(alone == "1")
            #expect(EmbeddedPostgres.running(dataFolder: folder) == nil)

            let server = try await EmbeddedPostgres.start(dataFolder: folder, logger: silence)
            try await EmbeddedPostgres.withServer(dataFolder: folder, logger: silence) { #expect($0 == server.connectionString) }
            #expect(EmbeddedPostgres.running(dataFolder: folder) == server.connectionString)
            await server.stop()
        }
    }
}
