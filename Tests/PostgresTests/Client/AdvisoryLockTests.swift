import Postgres
import TestSupport
import Testing

@Suite(.database) struct AdvisoryLockTests {
    @Test func onlyOneHoldsIt() async throws {
        try await Scratch.with { scratch in
            let (first, second) = (try scratch.database.advisoryLock(name: "leader"), try scratch.database.advisoryLock(name: "leader"))
            #expect(try await first.tryAcquire())
            #expect(try await first.tryAcquire())
            #expect(try await second.tryAcquire() == false)
            #expect(await first.isHeld())
            #expect(await second.isHeld() == false)
            await first.release()
            #expect(await first.isHeld() == false)
            try await until("the lock stays taken") { try await second.tryAcquire() }
            await second.release()
        }
    }

    @Test func losingTheSessionIsNoticedAndTheLockCanBeTakenAgain() async throws {
        try await Scratch.with { scratch in
            let (first, second) = (try scratch.database.advisoryLock(name: "leader"), try scratch.database.advisoryLock(name: "leader"))
            #expect(try await first.tryAcquire())
            #expect(try await scratch.terminate() == 1)
            #expect(await first.isHeld() == false)
            #expect(try await second.tryAcquire())
            #expect(try await first.tryAcquire() == false)
            await second.release()
        }
    }

    /// An answer that is late takes its session along, and the lock with it, as it must: whom that befalls begins anew.
    private func unlessTooSlow(_ body: (Scratch) async throws -> Void) async throws {
        for _ in 0..<4 {
            do { return try await Scratch.with({ _ in }, body) } catch let error as PostgresError where error.isPassing { continue }
        }
        try await Scratch.with({ _ in }, body)
    }

    @Test func howeverOftenItWasRenewedOneReleaseFreesIt() async throws {
        try await unlessTooSlow { scratch in
            let (first, second) = (try scratch.database.advisoryLock(name: "leader"), try scratch.database.advisoryLock(name: "leader"))
            for _ in 0..<1_000 { #expect(try await first.tryAcquire()) }
            #expect(try await second.tryAcquire() == false)
            await first.release()
            try await until("the lock stays taken") { try await second.tryAcquire() }
            await second.release()
        }
    }

    @Test func attemptsInVainShareOneSession() async throws {
        try await Scratch.with { scratch in
            let (first, second) = (try scratch.database.advisoryLock(name: "leader"), try scratch.database.advisoryLock(name: "leader"))
            #expect(try await first.tryAcquire())
            let pids = { () async throws -> Set<Int32> in
                Set(
                    try await scratch.admin.query("SELECT pid FROM pg_stat_activity WHERE application_name = \(scratch.applicationName)")
                        .map { try $0("pid") as Int32 })
            }
            #expect(try await second.tryAcquire() == false)
            let before = try await pids()
            for _ in 0..<20 { #expect(try await second.tryAcquire() == false) }
            #expect(try await pids() == before)
            #expect(before.count == 2)
            await first.release()
            await second.release()
        }
    }

    @Test func locksOfOtherNamesAndOtherSchemasAreOthers() async throws {
        try await Scratch.with { one in
            try await Scratch.with { other in
                let locks = [
                    try one.database.advisoryLock(name: "leader"), try one.database.advisoryLock(name: "pruner"),
                    try other.database.advisoryLock(name: "leader"),
                ]
                for lock in locks { #expect(try await lock.tryAcquire()) }
                for lock in locks { #expect(await lock.isHeld()) }
                for lock in locks { await lock.release() }
            }
        }
    }
}
