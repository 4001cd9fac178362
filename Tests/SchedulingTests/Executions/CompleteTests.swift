import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite(.database) struct CompleteTests {
    @Test func anEndingMovesTheExecutionIntoHistoryWithItsAttempt() async throws {
        let scene = try await Scene()
        let id = try await scene.backlog(1)[0]
        var record = CallRecord()
        (record.request, record.responseHeaders) = (["method": "GET"], [["Content-Type", "text/plain"]])
        (record.responseBody, record.responseSize, record.isTruncated) = ([0xFF, 0x00], 300_000, true)
        (record.resolve, record.connect, record.firstByte, record.remoteAddress) = (1, 2, 3, "192.0.2.1")
        try await scene.complete(scene.claim(), Outcome(reason: .httpStatus, message: "No.", statusCode: 500, record: record))

        let (execution, attempts) = try await scene.executions.find(id.text, for: scene.acme)
        #expect(execution.status == .failed && execution.reason == .httpStatus && execution.errorMessage == "No.")
        #expect(execution.statusCode == 500 && execution.durationMs == 5 && execution.attempt == 1 && execution.trigger == .schedule)
        #expect(execution.response?.body == [0xFF, 0x00] && execution.response?.size == 300_000 && execution.response?.isTruncated == true)
        #expect(execution.response?.contentType == "text/plain")
        let attempt = try #require(attempts.first)
        #expect(attempts.count == 1 && attempt.nodeID == scene.engine.node && attempt.request == ["method": "GET"])
        #expect(attempt.timings.map(\.microseconds).dropFirst() == [1, 2, nil, 3, 5_000] && attempt.remoteAddress == "192.0.2.1")
        #expect(try await scene.count("queue") == 0)
        #expect(try await scene.lane().running == 0)
    }

    @Test func aJobIsFailingUntilItSucceeds() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(nil), for: scene.acme)
        for (outcome, health, failures): (Outcome, String, Int32) in [
            (Outcome(reason: .deadline), "failing", 1), (Outcome(reason: .connectFailed), "failing", 2),
            (Outcome(reason: nil), "healthy", 0),
        ] {
            let ids = try await scene.enqueue(job, at: [scene.engine.clock.now()])
            try await scene.complete(scene.claim(), outcome)
            let found = try await scene.jobs.find(.id(job.id), for: scene.acme)
            #expect(found.health == health && found.lastExecution?.id == ids[0] && found.lastExecution?.status == outcome.status.rawValue)
            #expect(
                try await scene.database.query("SELECT consecutive_failures AS n FROM job_states").only("n", as: Int32.self) == failures)
            #expect(found.version == 1)
        }
        #expect(try await scene.ended().map(\.status) == [.timeout, .failed, .success])
    }

    @Test func failuresAreCountedByExecutionAndNotByBatch() async throws {
        let scene = try await Scene()
        try await scene.backlog(6)
        let claims = try await scene.claim()
        let now = scene.engine.clock.now()
        let failures = { () async throws -> Int32 in
            try await scene.database.query("SELECT consecutive_failures AS n FROM job_states").only("n")
        }
        func ended(_ claims: ArraySlice<Claim>, _ reasons: [Reason?]) -> [Finished] {
            zip(claims, reasons).enumerated().map { index, pair in
                pair.0.ended(Outcome(reason: pair.1), at: now.adding(.milliseconds(index)))
            }
        }
        _ = try await scene.queue.complete(ended(claims[0..<2], [.deadline, .deadline]), by: scene.engine.node, now: now)
        #expect(try await failures() == 2)
        _ = try await scene.queue.complete(ended(claims[2..<3], [.deadline]), by: scene.engine.node, now: now)
        #expect(try await failures() == 3)
        _ = try await scene.queue.complete(ended(claims[3..<6], [.deadline, nil, .deadline]), by: scene.engine.node, now: now)
        #expect(try await failures() == 1)
    }

    @Test func whoLostHisLeaseCannotWriteTheOutcome() async throws {
        let scene = try await Scene()
        try await scene.backlog(2)
        let lost = try await scene.claim()
        try await scene.queue.handBack([(lost[0].organizationID, lost[0].lease)], now: scene.engine.clock.now())
        let again = try await scene.claim(for: ID())
        #expect(again.map(\.id) == [lost[0].id])
        // The one still held is recorded; of the other nothing comes: no row, no attempt, no usage, no place in the lane.
        #expect(try await scene.complete(lost).recorded == 1)
        #expect(try await scene.count("queue") == 1)
        #expect(try await scene.count("executions") == 1)
        #expect(try await scene.count("attempts") == 1)
        #expect(try await scene.lane().running == 1)
        #expect(try await usage(scene) == 1)
        #expect(try await scene.complete(again).recorded == 1)
        #expect(try await scene.complete(again).recorded == 0)
        #expect(try await scene.lane().running == 0)
        #expect(try await usage(scene) == 2)
    }

    @Test func aRetryGoesBackIntoTheQueueWithItsNextNumber() async throws {
        let scene = try await Scene()
        let id = try await scene.backlog(1)[0]
        let retryAt = scene.engine.clock.now().adding(.seconds(60))
        let completion = try await scene.complete(scene.claim(), Outcome(reason: .connectFailed), retryAt: retryAt)
        #expect(completion.recorded == 1)
        #expect(try await scene.lane() == .init(running: 0, nextDue: retryAt))
        #expect(try await scene.claim().isEmpty)
        let (waiting, attempts) = try await scene.executions.find(id.text, for: scene.acme)
        #expect(waiting.status == .pending && waiting.attempt == 2 && attempts.map(\.number) == [1] && attempts[0].reason == .connectFailed)

        let again = try await scene.queue.claim(1, for: scene.engine.node, now: retryAt, horizon: retryAt).claims
        #expect(again.map(\.id) == [id] && again.map(\.attempt) == [2] && again.map(\.dueAt) == [retryAt])
        #expect(again[0].scheduledFor < retryAt)
        try await scene.complete(again)
        let (ended, all) = try await scene.executions.find(id.text, for: scene.acme)
        #expect(ended.status == .success && ended.attempt == 2 && all.map(\.number) == [1, 2])
        #expect(try await usage(scene) == 1)
    }

    /// A unique key under the history catches what would be there twice; the others of the batch are recorded.
    @Test func aConflictInHistoryDropsThatRowAndNotTheBatch() async throws {
        let scene = try await Scene()
        let ids = try await scene.backlog(3)
        let claims = try await scene.claim()
        try await scene.database.query(
            """
            INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, attempt, finished_at)
            VALUES (\(claims[1].organizationID), 7, \(claims[1].scheduledFor), \(ID<Execution>()), \(claims[1].jobID), 'schedule', 'success', 1,
                now())
            """)
        #expect(try await scene.complete(claims).recorded == 3)
        #expect(try await scene.count("queue") == 0)
        #expect(try await scene.count("executions") == 3)
        #expect(try await scene.count("executions WHERE id = \(ids[0]) OR id = \(ids[2])") == 2)
        #expect(try await scene.lane().running == 0)
    }

    @Test func usageIsCountedByOrganizationAndMonthOfTheEnd() async throws {
        let scene = try await Scene()
        try await scene.backlog(3)
        let claims = try await scene.claim()
        let december = try #require(Timestamp(rfc3339: "2026-12-01T00:00:00Z"))
        _ = try await scene.queue.complete(
            [claims[0].ended(at: december.adding(.microseconds(-1))), claims[1].ended(at: december), claims[2].ended(at: december)],
            by: scene.engine.node, now: december)
        let rows = try await scene.database.query("SELECT month::text AS month, executions FROM usage_counters ORDER BY 1")
        #expect(try rows.map { try $0("month") as String } == ["2026-11-01", "2026-12-01"])
        #expect(try rows.map { try $0("executions") as Int64 } == [1, 2])
    }

    private func usage(_ scene: Scene) async throws -> Int64 {
        try await scene.database.query("SELECT coalesce(sum(executions), 0)::bigint AS n FROM usage_counters").only("n")
    }
}
