import JSON
import Postgres
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite(.database, .timeLimit(.minutes(2))) struct ZoneWatchTests {
    let zone = OwnZone()

    func watch(_ scene: Scene) -> ZoneWatch { ZoneWatch(scene.engine, logger: silence) }

    /// A full minute, so far from now.
    func minute(_ minutes: Int, from scene: Scene) -> Timestamp {
        Timestamp(seconds: (scene.engine.clock.now().seconds / 60 + Int64(minutes)) * 60)
    }

    let far = 100 * 24 * 60

    func job(_ schedule: JSON, in scene: Scene, nextRunAt: Timestamp? = nil, editedAt: Timestamp? = nil) async throws -> Job {
        let job = try await scene.jobs.create(.probe(schedule), for: scene.acme)
        if let nextRunAt { try await scene.database.query("UPDATE job_states SET next_run_at = \(nextRunAt) WHERE job_id = \(job.id)") }
        try await scene.database.query("UPDATE jobs SET updated_at = \(editedAt ?? minute(-far, from: scene)) WHERE id = \(job.id)")
        return job
    }

    func next(_ job: Job, in scene: Scene) async throws -> Timestamp? {
        try await scene.jobs.find(.id(job.id), for: scene.acme).nextRunAt
    }

    func entries(_ scene: Scene) async throws -> [AuditEntry] {
        try await AuditLog(scene.database).page(after: nil, limit: 10_000, for: scene.acme).filter { $0.action == "job.next_run_moved" }
    }

    /// The zone is known, and then its clock is an hour ahead.
    func changeByAnHour(_ scene: Scene, version: String = "2026a") async throws {
        let watch = watch(scene)
        try await watch.look(version: "2025b")
        zone.change(to: 60)
        try await watch.look(version: version)
    }

    @Test func aZoneSeenForTheFirstTimeIsOnlyNoted() async throws {
        let scene = try await Scene()
        let time = minute(far, from: scene)
        let job = try await job(zone.yearly(at: time), in: scene)
        zone.change(to: 60)
        try await watch(scene).look(version: "2026a")
        #expect(try await next(job, in: scene) == time)
        #expect(try await scene.count("zone_rules WHERE zone = \(zone.name) AND version = '2026a'") == 1)
        #expect(try await entries(scene).isEmpty)
    }

    @Test func whenRulesChangeNextRunsMoveAndTheAuditLogSaysWhich() async throws {
        let scene = try await Scene()
        let time = minute(far, from: scene)
        let moved = try await job(zone.yearly(at: time), in: scene)
        let utc = try await job(["cron": "0 0 1 1 *"], in: scene)
        let hourly = try await job(
            ["cron": "0 * * * *", "timezone": .string(zone.name)], in: scene, editedAt: scene.engine.clock.now())
        let (before, version) = (try await next(hourly, in: scene), try await scene.jobs.find(.id(moved.id), for: scene.acme).version)
        try await changeByAnHour(scene)
        #expect(try await next(moved, in: scene) == time.adding(.seconds(-3_600)))
        #expect(try await next(hourly, in: scene) == before)
        #expect(try await next(utc, in: scene) == utc.nextRunAt)
        #expect(try await scene.jobs.find(.id(moved.id), for: scene.acme).version == version, "nobody has edited it")
        let entries = try await entries(scene)
        #expect(entries.map(\.subject) == [moved.id.text])
        let entry = try #require(entries.first)
        #expect(entry.actor == .system && entry.action == "job.next_run_moved")
        #expect(entry.before == ["next_run_at": .string(time.rfc3339), "timezone": .string(zone.name), "zone_data": "2025b"])
        #expect(entry.after?["zone_data"] == "2026a" && entry.after?["next_run_at"]?.string == time.adding(.seconds(-3_600)).rfc3339)
    }

    @Test func whatChangedWhileTheProgramWasDownIsSeenAtStart() async throws {
        let scene = try await Scene()
        let time = minute(far, from: scene)
        let job = try await job(zone.yearly(at: time), in: scene)
        try await watch(scene).look(version: "unknown")
        zone.change(to: -30)
        try await watch(scene).look(version: "unknown")
        #expect(try await next(job, in: scene) == time.adding(.seconds(1_800)))
    }

    @Test func aJobThatIsBehindGoesOnFromWhatWasDecidedLast() async throws {
        let scene = try await Scene()
        let hour = Timestamp(seconds: (scene.engine.clock.now().seconds / 3_600 - 2) * 3_600)
        let hourly: JSON = ["cron": "0 * * * *", "timezone": .string(zone.name)]
        let job = try await job(hourly, in: scene, nextRunAt: hour, editedAt: hour.adding(.seconds(-3_600)))
        let watch = watch(scene)
        try await watch.look(version: "2025b")
        zone.change(to: 30)
        try await watch.look(version: "2026a")
        #expect(try await next(job, in: scene) == hour.adding(.seconds(-1_800)))
    }

    @Test func aJobThatIsBehindAndWasEditedSinceLosesNothing() async throws {
        let scene = try await Scene()
        let hour = Timestamp(seconds: (scene.engine.clock.now().seconds / 3_600 - 2) * 3_600)
        let hourly: JSON = ["cron": "0 * * * *", "timezone": .string(zone.name)]
        let job = try await job(hourly, in: scene, nextRunAt: hour, editedAt: scene.engine.clock.now())
        try await changeByAnHour(scene)
        #expect(try await next(job, in: scene) == hour)
    }

    @Test func anEditIsNotLookedBehind() async throws {
        let scene = try await Scene()
        let time = minute(30, from: scene)
        let job = try await job(zone.yearly(at: time), in: scene, editedAt: scene.engine.clock.now())
        try await changeByAnHour(scene)
        // By the new rules it was due before the edit.
        #expect(try #require(try await next(job, in: scene)) > time.adding(.seconds(86_400)))
    }

    @Test func aRunThatIsOverByTheNewRulesAndToComeByTheOldIsNotLost() async throws {
        let scene = try await Scene()
        let time = minute(30, from: scene)
        let job = try await job(zone.yearly(at: time), in: scene)
        try await changeByAnHour(scene)
        #expect(try await next(job, in: scene) == time.adding(.seconds(-3_600)))
        try await scene.tick()
        #expect(try await scene.count("queue WHERE job_id = \(job.id)") == 1)
    }

    /// At ten and eleven; what is leased for ten is what is eleven by the new rules.
    @Test(arguments: [false, true]) func whatIsLeasedOrHasRunComesNoSecondTime(hasEnded: Bool) async throws {
        let scene = try await Scene()
        let time = minute(1, from: scene)
        let (first, second) = (ZoneRules.utc.local(time).hour, ZoneRules.utc.local(time.adding(.seconds(3_600))).hour)
        let cron = "\(ZoneRules.utc.local(time).minute) \(first),\(second) * * *"
        let job = try await job(
            ["cron": .string(cron), "timezone": .string(zone.name)], in: scene, nextRunAt: time.adding(.seconds(3_600)))
        try await scene.enqueue(job, at: [time])
        let claims = try await scene.queue.claim(1, for: scene.engine.node, now: time, horizon: time).claims
        #expect(claims.count == 1)
        if hasEnded { try await scene.complete(claims) }
        try await changeByAnHour(scene)
        #expect(try await next(job, in: scene) == time.adding(.seconds(82_800)))
        #expect(try await scene.count("queue WHERE job_id = \(job.id)") == (hasEnded ? 0 : 1))
    }

    @Test func whatIsQueuedAheadIsTakenOutAgain() async throws {
        let scene = try await Scene()
        let time = minute(2, from: scene)
        let job = try await job(zone.yearly(at: time), in: scene, nextRunAt: time.adding(.seconds(365 * 86_400)))
        try await scene.enqueue(job, at: [time])
        let watch = watch(scene)
        try await watch.look(version: "2025b")
        zone.change(to: -60)
        try await watch.look(version: "2026a")
        #expect(try await next(job, in: scene) == time.adding(.seconds(3_600)))
        #expect(try await scene.count("queue") == 0)
        #expect(try await entries(scene).first?.before?["next_run_at"]?.string == time.rfc3339)
    }

    @Test func whatIsQueuedAheadAndStillExpectedStays() async throws {
        let scene = try await Scene()
        let time = minute(2, from: scene)
        let job = try await job(
            ["cron": "0-59 * * * *", "timezone": .string(zone.name)], in: scene, nextRunAt: time.adding(.seconds(60)),
            editedAt: scene.engine.clock.now())
        try await scene.enqueue(job, at: [minute(1, from: scene), time])
        try await changeByAnHour(scene)
        #expect(try await next(job, in: scene) == time.adding(.seconds(60)))
        #expect(try await scene.count("queue") == 2)
        #expect(try await entries(scene).isEmpty)
    }

    @Test func aPausedJobHasNoNextRunAsBefore() async throws {
        let scene = try await Scene()
        let job = try await job(zone.yearly(at: minute(far, from: scene)), in: scene)
        _ = try await scene.jobs.change(.id(job.id), ["enabled": false], for: scene.acme)
        try await changeByAnHour(scene)
        #expect(try await next(job, in: scene) == nil)
        #expect(try await entries(scene).isEmpty)
    }

    /// The clock is an hour ahead from then on, so what a pause passes over, and what follows it, is an hour earlier.
    @Test func whatAPauseWillPassOverMovesToo() async throws {
        let scene = try await Scene()
        let (time, hour) = (minute(far, from: scene), Duration.seconds(3_600))
        let (off, untilThen) = (try await job(zone.yearly(at: time), in: scene), try await job(zone.yearly(at: time), in: scene))
        _ = try await scene.jobs.pause(.id(off.id), until: nil, for: scene.acme)
        _ = try await scene.jobs.pause(.id(untilThen.id), until: time.adding(hour), for: scene.acme)
        let following = try #require(try await next(untilThen, in: scene))
        try await changeByAnHour(scene)
        for job in [off, untilThen] {
            let state = try await scene.database.query("SELECT passing_from, pass_at FROM job_states WHERE job_id = \(job.id)")
            #expect(try state.only("passing_from") == time.adding(.zero - hour))
            #expect(try state.only("pass_at") == time.adding(.seconds(1) - hour))
        }
        #expect(try await next(untilThen, in: scene) == following.adding(.zero - hour))
        #expect(try await next(off, in: scene) == nil)
    }

    @Test func whatIsExpectedGoesByTheNewRulesFromThenOn() async throws {
        let scene = try await Scene()
        let start = minute(-60, from: scene)
        let job = try await job(zone.yearly(at: minute(far, from: scene)), in: scene)
        let hourly: JSON = ["cron": "0 * * * *", "timezone": .string(zone.name)]
        let other = try await self.job(hourly, in: scene, editedAt: scene.engine.clock.now())
        try await scene.database.batch([
            "DELETE FROM schedule_periods",
            """
            INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
            SELECT organization_id, id, \(start), schedule, schedule_set_at, \(start) FROM jobs
            """,
        ])
        try await changeByAnHour(scene)
        #expect(try await scene.count("schedule_periods WHERE job_id = \(other.id)") == 1)
        let periods = try await scene.database.query(
            "SELECT starts_at, ends_at, checked_until, schedule FROM schedule_periods WHERE job_id = \(job.id) ORDER BY 1"
        ).map { (try $0("starts_at") as Timestamp, try $0("ends_at") as Timestamp?, try $0("checked_until") as Timestamp) }
        try #require(periods.count == 2)
        #expect(periods[0].0 == start && periods[0].1 == periods[1].0 && periods[0].2 == periods[1].0)
        #expect(periods[1].1 == nil && periods[1].2 == periods[1].0 && periods[1].0 <= scene.engine.clock.now())
    }
}
