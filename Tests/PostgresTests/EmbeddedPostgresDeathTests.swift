import Foundation
import TestSupport
import Testing

@testable import Postgres

/// What is left when owner or server die at a bad moment, and how the next start copes.
@Suite(.serialized) struct EmbeddedPostgresDeathTests {
    @Test func aServerLeftByAKilledOwnerIsTakenOver() async throws {
        try await withDataFolder { folder in
            let owner = try OwnerProcess([folder])
            let left = try await owner.connectionString()
            let pid = Postmaster.state(of: realPath(folder + "/cluster") ?? "")?.pid
            await owner.kill()
            #expect(pid != nil && EmbeddedPostgres.running(dataFolder: folder) == left)

            let server = try await EmbeddedPostgres.start(dataFolder: folder, logger: silence)
            #expect(server.connectionString == left)
            #expect(Postmaster.state(of: realPath(folder + "/cluster") ?? "")?.pid == pid)
            await server.stop()
            #expect(EmbeddedPostgres.running(dataFolder: folder) == nil)
        }
    }

    @Test func aKilledOwnersPipeEndsThoughItsServerLives() async throws {
        try await withDataFolder { folder in
            let owner = try OwnerProcess([folder])
            _ = try await owner.connectionString()
            await owner.kill()
            while await !owner.read().isEmpty {}
            #expect(EmbeddedPostgres.running(dataFolder: folder) != nil)
        }
    }

    @Test func aHalfMadeClusterIsMadeAnew() async throws {
        // One that is whole before we come to kill its maker proves nothing, and the next one is tried.
        for _ in 0..<5 where try await isHalfMadeAndThenWhole() { return }
        Issue.record("no maker was killed in time")
    }

    /// False: the cluster was made before its maker was killed.
    private func isHalfMadeAndThenWhole() async throws -> Bool {
        var isHalfMade = false
        try await withDataFolder { folder in
            let owner = try OwnerProcess([folder])
            let begun = await owner.kill {
                isFolder(folder + "/cluster")
                    || names(in: folder).contains { $0.hasPrefix("making-") && isFolder("\(folder)/\($0)/base") }
            }
            #expect(begun)
            isHalfMade = !isFolder(folder + "/cluster")
            guard isHalfMade else { return }

            let server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            #expect(await answer(to: "SELECT 1", at: server.connectionString) == "1")
            await server.stop()
            #expect(!names(in: folder).contains { $0.hasPrefix("making-") })
        }
        return isHalfMade
    }

    @Test func committedRowsSurviveTheDeathOfOwnerAndServer() async throws {
        try await withDataFolder { folder in
            let owner = try OwnerProcess([folder])
            let address = try await owner.connectionString()
            let cluster = try #require(realPath(folder + "/cluster"))
            #expect(await answer(to: "CREATE TABLE kept AS SELECT 7 AS n", at: address) != nil)
            let pid = try #require(Postmaster.state(of: cluster)?.pid)
            kill(pid, SIGKILL)
            await owner.kill()

            let server = try await EmbeddedPostgres.start(dataFolder: folder, logger: silence)
            #expect(server.connectionString == address, "the socket's folder is taken again")
            #expect(await answer(to: "SELECT n FROM kept", at: server.connectionString) == "7")
            await server.stop()
        }
    }

    @Test func aStalePidFileThatNamesAnotherProgramDoesNotBlock() async throws {
        try await withDataFolder { folder in
            var server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            await server.stop()
            let cluster = try #require(realPath(folder + "/cluster"))
            let user = try ServerUser(for: cluster)

            // Somebody else's program, run by the same user, has got the number by now.
            let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
            defer { close(null) }
            let stranger = try ChildProcess(user.prefix + ["/bin/sleep", "60"], output: null)
            defer {
                kill(stranger.pid, SIGKILL)
                _ = stranger.wait()
            }
            try replaceFile(
                cluster + "/postmaster.pid", with: "\(stranger.pid)\n\(cluster)\n1700000000\n5432\n/tmp\n\n  1 2\nready   \n", mode: 0o600)
            try user.own(cluster + "/postmaster.pid")
            #expect(EmbeddedPostgres.running(dataFolder: folder) == nil)

            server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            #expect(await answer(to: "SELECT 1", at: server.connectionString) == "1")
            #expect(waitpid(stranger.pid, nil, WNOHANG) == 0)
            await server.stop()
        }
    }

    @Test func childrenOfAKilledPostmasterAreGoneBeforeTheNextStart() async throws {
        try await withDataFolder { folder in
            let server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            let cluster = try #require(realPath(folder + "/cluster"))
            let pid = try #require(Postmaster.state(of: cluster)?.pid)
            // A backend that computes does not look whether its postmaster lives.
            let address = server.connectionString
            let busy = Task { await answer(to: "SELECT count(*) FROM generate_series(1, 1000000000000)", at: address) }
            let started = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 10%' AND pid <> pg_backend_pid()"
            try await until("nobody computes") { await answer(to: started, at: address) == "1" }
            kill(pid, SIGKILL)
            await server.stop()

            let next = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            #expect(await busy.value == nil)
            #expect(
                await answer(to: "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate%'", at: next.connectionString) == "1")
            await next.stop()
        }
    }

    @Test func aServerWhoseSocketWasSweptAwayIsReplaced() async throws {
        try await withDataFolder { folder in
            let owner = try OwnerProcess([folder])
            _ = try await owner.connectionString()
            await owner.kill()
            removeTree(try #require(linkTarget(folder + "/socket")))
            #expect(EmbeddedPostgres.running(dataFolder: folder) == nil)

            let server = try await EmbeddedPostgres.start(dataFolder: folder, logger: silence)
            #expect(await answer(to: "SELECT 1", at: server.connectionString) == "1")
            await server.stop()
        }
    }

    @Test func anOpenTransactionDoesNotHoldUpTheEnd() async throws {
        try await withDataFolder { folder in
            let server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: silence)
            let address = server.connectionString
            let open = Task { await answer(to: "SELECT pg_sleep(60)", at: address) }
            let asleep = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%'"
            try await until("nobody sleeps") { await answer(to: asleep, at: address) == "2" }
            let start = ContinuousClock.now
            await server.stop()
            #expect(start.duration(to: .now) < .seconds(10))
            #expect(await open.value == nil)
        }
    }
}
