import Postgres
import Time

@testable import Scheduling

/// Compares what was recorded with what was expected, and with what the targets saw: the ledger check (reliability.md §3).
struct Ledger {
    struct Row {
        let id: ID<Execution>
        let job: Int
        let scheduledFor: Timestamp
        let trigger: String
        let status: String
        let reason: String?
        let attempt: Int
        let finishedAt: Timestamp
        let count: Int
        let last: Timestamp

        init(_ row: Postgres.Row, _ numbers: [ID<Job>: Int]) throws {
            id = try row("id")
            job = numbers[try row("job_id")] ?? -1
            scheduledFor = try row("scheduled_for")
            trigger = try row("trigger")
            status = try row("status")
            reason = try row("reason")
            attempt = Int(try row("attempt") as Int16)
            finishedAt = try row("finished_at")
            count = Int(try row("count") as Int32)
            last = try row("last_scheduled_for", as: Timestamp?.self) ?? scheduledFor
        }

        var hasRun: Bool { ["success", "failed", "timeout"].contains(status) }
        var what: String { "j\(job) \(scheduledFor.rfc3339) (\(status)\(reason.map { ", " + $0 } ?? ""))" }
    }

    struct Attempt: Hashable {
        struct Key: Hashable {
            let id: ID<Execution>
            let number: Int
        }

        let key: Key
        let status: String
        let reason: String?
        let startedAt: Timestamp

        init(_ row: Postgres.Row) throws {
            key = Key(id: try row("execution_id"), number: Int(try row("number") as Int16))
            status = try row("status")
            reason = try row("reason")
            startedAt = try row("started_at")
        }
    }

    /// The last day that was compared.
    private(set) var checked = -1
    private(set) var occurrences = 0
    private(set) var pauses = 0
    /// How many rows of which kind there were, to see what a simulation comes to.
    private(set) var kinds: [String: Int] = [:]
    private var oracle: Oracle

    init(start: Timestamp, end: Timestamp, zones: MovingZones) { oracle = Oracle(start: start, end: end, zones: zones) }

    /// What is compared from now on goes by new data of a zone.
    mutating func take(_ zones: MovingZones, of id: String) { oracle.take(zones, of: id) }

    /// `rows` reach a day further to both sides.
    mutating func check(
        from: Timestamp, to: Timestamp, rows: [Row], attempts: [Attempt], records: [JobRecord], calls: Calls, manualRuns: Set<ID<Execution>>
    ) throws(Violation) {
        let byJob = Dictionary(grouping: rows.filter { $0.trigger == "schedule" || $0.trigger == "backfill" }, by: \.job)
        for (number, record) in records.enumerated() {
            let rows = (byJob[number] ?? []).sorted { $0.scheduledFor < $1.scheduledFor }
            try checkOccurrences(of: record, from: from, to: to, rows: rows)
            try checkPolicy(of: record, rows.filter { $0.scheduledFor >= from && $0.scheduledFor < to }, among: rows, calls: calls)
            for pause in record.pauses where pause.until.map({ $0 >= from && $0 < to }) ?? false {
                try checkPause(pause, of: record, rows: rows)
                pauses += 1
            }
        }
        let tried = Dictionary(attempts.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        if let odd = rows.first(where: { $0.job < 0 }) { throw Violation("\(odd.what) is of no job") }
        for row in rows where row.scheduledFor >= from && row.scheduledFor < to {
            kinds["\(row.trigger) \(row.status) \(row.reason ?? "")\(row.count > 1 ? " stretch" : "")", default: 0] += 1
            try checkState(row, calls: calls.all[row.id] ?? [], tried: tried, of: records[row.job])
        }
        for attempt in attempts where attempt.reason != "lease_lost" { try checkAttempt(attempt, calls: calls) }
        let byHand = rows.filter { $0.trigger == "manual" && $0.scheduledFor >= from && $0.scheduledFor < to }
        let expected = manualRuns.filter { $0.instant >= from && $0.instant.adding(.milliseconds(1)) < to }
        if let lost = expected.first(where: { id in !byHand.contains { $0.id == id } }) {
            throw Violation("a run by hand at \(lost.instant.rfc3339) is lost")
        }
        if let odd = byHand.first(where: { !manualRuns.contains($0.id) }) { throw Violation("nobody asked for \(odd.what)") }
        checked += 1
    }

    // MARK: Which

    /// I1 and I2: an answer to each expected occurrence, and to nothing else.
    private mutating func checkOccurrences(of record: JobRecord, from: Timestamp, to: Timestamp, rows: [Row]) throws(Violation) {
        let expected = expected(of: record, from: from, to: to)
        occurrences += expected.count
        var answers: [Timestamp: Int] = [:]
        for row in rows {
            if row.count == 1 {
                answers[row.scheduledFor, default: 0] += 1
            } else {
                let covered = self.expected(of: record, from: row.scheduledFor, to: row.last.adding(.microseconds(1)))
                if covered.count != row.count, !record.isMoving(from: row.scheduledFor, to: row.last) {
                    throw Violation("\(row.what) stands for \(row.count) instead of \(covered.count)")
                }
                for time in covered { answers[time, default: 0] += 1 }
            }
        }
        if let (time, count) = answers.first(where: { $0.value > 1 }) {
            throw Violation("j\(record.job.number) \(time.rfc3339) has \(count) answers; \(record.rhythm.kind)")
        }
        for time in expected where answers[time] != 1 && !(answers[time] == nil && record.isOpen(time)) {
            throw Violation("j\(record.job.number) \(time.rfc3339) has \(answers[time] ?? 0) answers; \(record.rhythm.kind)")
        }
        let times = Set(expected)
        if let odd = rows.first(where: {
            $0.count == 1 && $0.scheduledFor >= from && $0.scheduledFor < to && !times.contains($0.scheduledFor)
                && !record.isOpen($0.scheduledFor)
        }) {
            throw Violation("\(odd.what) was not expected; \(record.rhythm.kind)")
        }
    }

    private mutating func expected(of record: JobRecord, from: Timestamp, to: Timestamp) -> [Timestamp] {
        record.periods.flatMap { period in
            let end = period.until.map { $0.adding(.microseconds(1)) } ?? to
            return oracle.occurrences(of: period.rhythm, from: max(from, period.from.adding(.microseconds(1))), to: min(to, end))
        }
    }

    // MARK: What became of them

    /// What was missed was late, and as much was made up as the policy says; what may not be late was not.
    private func checkPolicy(of record: JobRecord, _ rows: [Row], among all: [Row], calls: Calls) throws(Violation) {
        for row in rows where row.status == "missed" {
            guard let deadline = record.deadline(at: row.scheduledFor) else { throw Violation("\(row.what) cannot be missed") }
            let decidedAt = row.finishedAt
            guard row.last.adding(.seconds(deadline)) < decidedAt else {
                throw Violation("\(row.what) was missed at \(decidedAt.rfc3339) already")
            }
            let later = all.count {
                $0.scheduledFor > row.last && $0.scheduledFor <= decidedAt.adding(Scheduler.horizon)
                    && !($0.status == "missed" && $0.finishedAt <= decidedAt)
            }
            let makesUp = record.job.makesUp(by: record.job.missed)
            guard later >= makesUp else { throw Violation("\(row.what) was missed, and \(later) of \(makesUp) made up for it") }
        }
        guard record.job.missed == "skip" else { return }
        for row in rows where row.hasRun && row.trigger == "schedule" {
            guard let deadline = record.deadline(at: row.scheduledFor) else { continue }
            guard let first = calls.all[row.id]?.first, first.claim.attempt == 1, first.isClockSettled else { continue }
            let latest = row.scheduledFor.adding(.seconds(deadline + 10))
            if first.startedAt > latest { throw Violation("\(row.what) began at \(first.startedAt.rfc3339), too late for its deadline") }
        }
    }

    /// What a pause passed over was not run, but for the last ones, as many as were to be made up.
    private mutating func checkPause(_ pause: JobRecord.Pause, of record: JobRecord, rows: [Row]) throws(Violation) {
        let end = pause.until.map { pause.isEndedByHand ? $0.adding(.microseconds(1)) : $0 } ?? pause.from
        let passedOver = expected(of: record, from: pause.from.adding(.microseconds(1)), to: end)
        let sure = passedOver.filter { !record.isOpen($0) }
        for (place, time) in sure.reversed().enumerated() {
            let row = rows.first { $0.scheduledFor <= time && time <= $0.last }
            let isMadeUp = row?.trigger == "backfill"
            // Around new data nobody can say which are the last.
            guard isMadeUp == (place < pause.makesUp) || record.isMoving(from: pause.from, to: end), isMadeUp || row?.reason == "paused"
            else {
                throw Violation(
                    "\(row?.what ?? "-") was passed over by a pause until \(end.rfc3339), of which \(pause.makesUp) were to be made up")
            }
        }
    }

    /// I10, and of I4 that every call that was recorded is there.
    private func checkState(_ row: Row, calls: [Calls.Call], tried: [Attempt.Key: Attempt], of record: JobRecord) throws(Violation) {
        switch row.status {
        case "success", "failed", "timeout":
            if row.reason == "lease_lost" {
                guard calls.contains(where: \.isDisturbed) else { throw Violation("\(row.what), but none of its nodes died") }
            } else {
                let last = calls.first { $0.claim.attempt == row.attempt }
                guard let last, last.outcome?.status.rawValue == row.status, calls.allSatisfy({ $0.claim.attempt <= row.attempt }) else {
                    throw Violation("\(row.what) is not what its last call came to")
                }
            }
        case "missed", "skipped":
            guard calls.isEmpty else { throw Violation("\(row.what) was called all the same") }
            if row.reason == "paused",
                !record.pauses.contains(where: { $0.from < row.last && $0.until.map { row.scheduledFor <= $0 } ?? true })
            {
                throw Violation("\(row.what) lies in no pause")
            }
            if row.reason == "overlap", record.job.overlap == "allow" { throw Violation("\(row.what) may overlap") }
        case "cancelled": break
        default: throw Violation("\(row.what) is no final state")
        }
        for call in calls where call.isRecorded && tried[.init(id: row.id, number: call.claim.attempt)] == nil {
            throw Violation("\(row.what) lacks attempt \(call.claim.attempt), which its node recorded")
        }
    }

    /// I4: an attempt that is recorded is one that its target has seen.
    private func checkAttempt(_ attempt: Attempt, calls: Calls) throws(Violation) {
        let call = calls.all[attempt.key.id]?.first { $0.claim.attempt == attempt.key.number }
        guard let call, call.startedAt == attempt.startedAt, call.outcome?.status.rawValue == attempt.status else {
            throw Violation(
                "attempt \(attempt.key.number) at \(attempt.startedAt.rfc3339) (\(attempt.status)) was never seen by its target")
        }
    }
}
