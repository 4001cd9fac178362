import EventLoop
import Logging
import Metrics
import Postgres
import Time

/// Writes how attempts ended, many at a time: those that end while a batch is being written make the next one. On the loop
/// of its connections, like the worker that it serves.
actor Recorder {
    private static let largestBatch = 256

    private let loop: EventLoop
    private let queue: ExecutionQueue
    private let partitions: Partitions
    private let clock: DatabaseClock
    private let node: ID<Node>
    private let logger: Logger
    private let complaints: Complaints

    private var finished: [(ending: Finished, written: CheckedContinuation<Void, Never>)] = []
    private var isWriting = false
    /// The database has been closed: the program ends.
    private var isClosed = false
    /// Attempts at writing in vain since the last one that succeeded.
    private(set) var failures = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ engine: Engine, logger: Logger) {
        loop = engine.loop
        queue = ExecutionQueue(database: engine.results)
        partitions = engine.partitions
        clock = engine.clock
        node = engine.node
        self.logger = logger
        complaints = Complaints(to: logger)
    }

    /// Returns when the ending is written, or is past writing. While the database is away it waits, and so does the place
    /// among the worker's calls that the caller holds: so what is kept here is bounded by `PRIKKE_WORKERS_MAX`, each with at
    /// most the 256 KiB of an answer that are kept.
    func record(_ ending: Finished) async {
        if isClosed { return }
        await withCheckedContinuation { written in
            finished.append((ending, written))
            guard !isWriting else { return }
            isWriting = true
            Task { await write() }
        }
    }

    private func write() async {
        while !finished.isEmpty {
            let batch = Array(finished.prefix(Self.largestBatch))
            if await write(batch.map(\.ending)) {
                failures = 0
                finished.removeFirst(batch.count)
                for (_, written) in batch { written.resume() }
            } else if isClosed {
                giveUpAll()
            } else {
                failures += 1
                try? await Task.sleep(for: pause)
            }
        }
        isWriting = false
    }

    private func giveUpAll() {
        logger.error("outcomes were not written before the end; others begin again", metadata: ["count": "\(finished.count)"])
        for (_, written) in finished { written.resume() }
        finished.removeAll()
    }

    /// Twice as long each time, half a second at most, and a random part of it off: all nodes come back at one time.
    private var pause: Duration { .milliseconds(25 << min(failures, 4)) + .milliseconds(.random(in: 0...100)) }

    /// Whether nothing of the batch is left to be done.
    private func write(_ batch: [Finished]) async -> Bool {
        do {
            try await store(batch)
            return true
        } catch let error as PostgresError where error.isOfDatabaseAway {
            isClosed = error.kind == .closed
            if !isClosed { complaints.tell("outcomes wait for the database", error, ["count": "\(finished.count)"]) }
            return false
        } catch {
            logger.error("a batch of outcomes was refused", metadata: ["count": "\(batch.count)", "error": "\(error)"])
            return await writeOneByOne(batch)
        }
    }

    /// One outcome that the database refuses must not keep the others from being written: each goes alone, a refused one
    /// without its payload.
    private func writeOneByOne(_ batch: [Finished]) async -> Bool {
        for one in batch {
            do {
                try await store([one])
            } catch let error as PostgresError where error.isOfDatabaseAway {
                return false
            } catch {
                guard await writeBare(one) else { return false }
            }
        }
        return true
    }

    /// Without what the call sent and received. What is refused even so counts as lost with its node, loudly: it is repeated
    /// once, and the second time ended, so that nothing goes round for ever.
    private func writeBare(_ one: Finished) async -> Bool {
        do {
            try await store([one.withoutPayload])
        } catch let error as PostgresError where error.isOfDatabaseAway {
            return false
        } catch {
            Meters.refused.increment()
            logger.critical("an outcome could not be recorded", metadata: ["execution": "\(one.claim.id)", "error": "\(error)"])
            return await giveUp(one.claim)
        }
        return true
    }

    private func giveUp(_ claim: Claim) async -> Bool {
        do {
            _ = try await queue.lose(.refusedOutcome([(claim.organizationID, claim.lease)]), now: clock.now())
        } catch let error as PostgresError where error.isOfDatabaseAway {
            return false
        } catch {
            logger.critical("nor could it be given up", metadata: ["execution": "\(claim.id)", "error": "\(error)"])
        }
        return true
    }

    private func store(_ batch: [Finished]) async throws {
        let completion = try await complete(batch)
        Failpoint.outcomeStored.reached()
        if batch.contains(where: { $0.retryAt != nil }) { Failpoint.retryQueued.reached() }
        Meters.recorded.increment(by: completion.recorded)
        for job in completion.paused {
            logger.notice("a target paused its job", metadata: ["job": "\(job.jobID)", "organization": "\(job.organizationID)"])
        }
        if completion.recorded < batch.count { Meters.fenced.increment(by: batch.count - completion.recorded) }
        guard !completion.jobsWithWaiting.isEmpty else { return }
        try await queue.release(after: completion.jobsWithWaiting, now: clock.now())
        Failpoint.waitingReleased.reached()
    }

    /// A day that is missing although it was known to be there is made again.
    private func complete(_ batch: [Finished]) async throws -> ExecutionQueue.Completion {
        let days = batch.map { (keepDays: $0.claim.keepDays, scheduledFor: $0.claim.scheduledFor) }
        try await partitions.ensure(days)
        do { return try await queue.complete(batch, by: node, now: clock.now()) } catch let error as PostgresError
            where error.isOfMissingPartition
        {
            partitions.forget()
            try await partitions.ensure(days)
            return try await queue.complete(batch, by: node, now: clock.now())
        }
    }
}

extension PostgresError {
    /// Whether the outcome itself has no part in it.
    fileprivate var isOfDatabaseAway: Bool { isPassing || kind == .closed }
}
