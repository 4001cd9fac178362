import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling

/// Edits never fire and never lose an occurrence, also while the scheduler is away.
@Suite(.database, .timeLimit(.minutes(1))) struct EditTests {
    private let hourly: JSON = ["schedule": ["every": "1h"]]

    /// The scheduler has not looked for ten minutes; what was due meanwhile is decided by the schedule it was due by.
    @Test func whatWasDueBeforeAChangeOfTheScheduleIsDecidedByTheOldOne() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        moved.move(to: .seconds(570))
        let changed = try await moved.scene.jobs.change(.id(job.id), hourly, for: moved.scene.acme)
        #expect(changed.nextRunAt.map { $0 > moved.at(.seconds(3_600)) } ?? false)
        try await moved.look()
        try await moved.work()
        #expect(try await moved.told() == (0..<9).map { "\($0) missed start_deadline" } + ["9 success"])
        #expect(try await moved.unexplained() == 0)
    }

    @Test func whatWasDueBeforeAPauseOrADeletionIsDecidedToo() async throws {
        let moved = try await Moved()
        let (paused, deleted) = (try await moved.minutely(["missed": "skip"]), try await moved.minutely(["missed": "skip"]))
        moved.move(to: .seconds(100))
        _ = try await moved.scene.jobs.pause(.id(paused.id), until: nil, for: moved.scene.acme)
        try await moved.scene.jobs.delete(.id(deleted.id), for: moved.scene.acme)
        moved.move(to: .seconds(130))
        try await moved.look()
        try await moved.work()
        let told = try await moved.told()
        #expect(told.filter { $0.hasPrefix("0") } == ["0 missed start_deadline", "0 missed start_deadline"])
        #expect(told.contains("2 skipped paused"))
        #expect(told.count { $0.hasPrefix("1") } == 2)
        #expect(try await moved.unexplained() == 0)
    }

    @Test func aChangeDoesNotRunWhatIsNotDueYet() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        try await moved.look(at: .seconds(-1))
        #expect(try await moved.scene.count("queue") == 1)
        let later: JSON = ["schedule": ["every": "1m", "anchor": .string(moved.at(.seconds(30)).rfc3339)]]
        _ = try await moved.scene.jobs.change(.id(job.id), later, for: moved.scene.acme)
        #expect(try await moved.scene.count("queue") == 0)
        try await moved.look(at: .seconds(40))
        try await moved.work()
        #expect(try await moved.scene.ended().map(\.scheduledFor) == [moved.at(.seconds(30))])
        #expect(try await moved.unexplained() == 0)
    }

    /// A worker has it already; nothing else of the old schedule comes, and nothing twice.
    @Test func whatIsLeasedAheadIsTheLastOfTheOldSchedule() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        try await moved.look(at: .seconds(-1))
        let now = moved.scene.engine.clock.now()
        let leased = try await moved.scene.queue.claim(9, for: moved.scene.engine.node, now: now, horizon: moved.begin).claims
        let other: JSON = ["schedule": ["every": "2m", "anchor": .string(moved.begin.rfc3339)]]
        #expect(try await moved.scene.jobs.change(.id(job.id), other, for: moved.scene.acme).nextRunAt == moved.at(.seconds(120)))
        moved.move(to: .zero)
        try await moved.scene.complete(leased)
        try await moved.look(at: .seconds(130))
        try await moved.work()
        #expect(try await moved.told() == ["0 success", "2 success"])
        #expect(try await moved.unexplained() == 0)
    }

    /// It was leased at the first change, and handed back before the second: it is still the last of the first schedule.
    @Test func whatWasHandedBackBetweenTwoChangesIsNotLost() async throws {
        let moved = try await Moved()
        let (scene, job) = (moved.scene, try await moved.minutely())
        try await moved.look(at: .seconds(-1))
        let now = scene.engine.clock.now()
        let leased = try await scene.queue.claim(9, for: scene.engine.node, now: now, horizon: moved.begin).claims
        for minutes in ["2m", "3m"] {
            let other: JSON = ["schedule": ["every": .string(minutes), "anchor": .string(moved.at(.seconds(-30)).rfc3339)]]
            _ = try await scene.jobs.change(.id(job.id), other, for: scene.acme)
            try await scene.queue.handBack(leased.map { ($0.organizationID, $0.lease) }, now: scene.engine.clock.now())
        }
        try await moved.look(at: .seconds(20))
        try await moved.work()
        #expect(try await moved.told() == ["0 success"])
        #expect(try await moved.unexplained() == 0)
    }

    @Test func aChangeOfAnythingElseLeavesEverythingAsItIs() async throws {
        let moved = try await Moved()
        let job = try await moved.minutely()
        moved.move(to: .seconds(30))
        let before = try await moved.scene.jobs.find(.id(job.id), for: moved.scene.acme)
        let after = try await moved.scene.jobs.change(.id(job.id), ["name": "Other"], for: moved.scene.acme)
        #expect(after.nextRunAt == before.nextRunAt && after.nextRunAt == moved.begin)
        #expect(try await moved.scene.count("executions") == 0)
        #expect(try await moved.scene.count("queue") == 0)
    }
}
