import JSON
import Logging
import Postgres
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing
import Time

@testable import Scheduling

/// Jobs are due each second while people change, pause and resume them without end.
@Suite(.database, .timeLimit(.minutes(2))) struct EditsUnderFireTests {
    private final class Calls: Sendable {
        private let times = Mutex<[String]>([])
        func note(_ call: JobCall) { times.withLock { $0.append("\(call.jobID) \(call.scheduledFor)") } }
        var all: [String] { times.withLock { $0 } }
    }

    private static let schedules: [JSON] = [
        ["every": "1s"], ["cron": "* * * * * *", "seconds": true], ["cron": "*/2 * * * * *", "seconds": true],
        ["every": "1s", "anchor": "2020-01-01T00:00:00Z"], ["every": "3s"],
    ]

    @Test(arguments: [UInt64(1), 2]) func fiveHundredChangesLoseNoOccurrenceAndDoubleNone(seed: UInt64) async throws {
        let calls = Calls()
        let scene = try await Scene { call in
            calls.note(call)
            return Outcome(reason: nil)
        }
        var made: [Job] = []
        for _ in 0..<10 { made.append(try await scene.jobs.create(.probe(["every": "1s"], ["overlap": "allow"]), for: scene.acme)) }
        let jobs = made
        let services: [any Service] = [
            EngineBells(scene.engine, logger: silence), Scheduler(scene.engine, logger: silence), try scene.worker(),
        ]
        try await scene.running(services) {
            try await withThrowingTaskGroup { tasks in
                for (index, job) in jobs.enumerated() {
                    tasks.addTask { try await change(.id(job.id), in: scene, dice: Dice(state: seed &* 100 &+ UInt64(index))) }
                }
                try await tasks.waitForAll()
            }
            for job in jobs { _ = try await scene.jobs.pause(.id(job.id), until: nil, for: scene.acme) }
        }
        #expect(calls.all.count > 10 && Set(calls.all).count == calls.all.count, "called twice")
        let ledger = try await scene.database.query(
            "SELECT count(*) AS rows, count(DISTINCT (job_id, scheduled_for)) AS occurrences FROM executions WHERE count = 1")
        #expect(try ledger.only("rows", as: Int64.self) == ledger.only("occurrences", as: Int64.self))
        let later = scene.engine.clock.now().adding(Reconciler.lag)
        let notes = Notes()
        while try await Reconciler(scene.engine, logger: Logger(label: "tests") { _ in notes }).check(at: later) {}
        #expect(try await scene.count("schedule_periods WHERE unexplained > 0") == 0)
        #expect(notes.lines.withLock { $0 } == [])
    }

    private func change(_ name: Jobs.Name, in scene: Scene, dice: Dice) async throws {
        var dice = dice
        for number in 0..<50 {
            switch Int.random(in: 0..<6, using: &dice) {
            case 0: _ = try await scene.jobs.pause(name, until: nil, for: scene.acme)
            case 1, 2:
                let answer = Jobs.Answer.allCases.randomElement(using: &dice)
                _ = try await scene.jobs.resume(name, makingUp: answer, for: scene.acme)
            case 3, 4:
                let schedule = Self.schedules.randomElement(using: &dice) ?? .null
                _ = try await scene.jobs.change(name, ["schedule": schedule, "enabled": true], for: scene.acme)
            default: _ = try await scene.jobs.change(name, ["name": .string("name \(number)")], for: scene.acme)
            }
            // People take a moment, now and then a second: so changes fall before, into and behind what is due.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0..<150, using: &dice)))
        }
    }

    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }
}
