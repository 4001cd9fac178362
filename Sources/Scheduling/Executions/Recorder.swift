import EventLoop
import Logging
import Metrics
import Postgres
import Time

/// Writes how attempts ended, many at a time: those that end while a batch is being written make the next one. On the loop
/// of its connections, like the worker that it serves.
actor Recorder {
    private static let largestBatch = 256
    /// Of one statement, in bytes of what was sent and received.
    private static let largestStatement = 8 << 20
    /// Of what waits here: beyond it outcomes are kept without what was sent and received.
    private static let largestWait = 64 << 20

    private typealias Waiting = (ending: Finished, size: Int, written: CheckedContinuation<Void, Never>)

    private let engine: Engine
    private let loop: EventLoop
    private let queue: ExecutionQueue
    private let partitions: Partitions
    private let clock: DatabaseClock
    private let node: ID<Node>
    private let logger: Logger
    private let complaints: Complaints

    private var finished: [Waiting] = []
    private(set) var waitingBytes = 0
    private var isWriting = false
    /// The database has been closed: the program ends.
    private var isClosed = false
    /// So many at a time: fewer after a statement that took too long.
    private var most = Recorder.largestBatch
    /// Attempts at writing in vain since the last one that succeeded.
    private(set) var failures = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ engine: Engine, logger: Logger) {
        self.engine = engine
        loop = engine.loop
        queue = ExecutionQueue(database: engine.results)
        partitions = engine.partitions
        clock = engine.clock
        node = engine.node
        self.logger = logger
        complaints = Complaints(to: logger)
    }

    /// Returns when the ending is written, or is past writing. While the database is away it waits, and so does the place
    /// among the worker's calls that the caller holds: so what is kept here is bounded by `PRIKKE_WORKERS_MAX` endings, and
    /// by 64 MiB of bodies that were sent (350 KiB each) and received (256 KiB), with their headers.
    func record(_ ending: Finished) async {
        if isClosed { return }
        let whole = ending.size
        let fits = waitingBytes + whole <= Self.largestWait
        waitingBytes += fits ? whole : 0
        await withCheckedContinuation { written in
            finished.append((fits ? ending : ending.withoutPayload, fits ? whole : 0, written))
            guard !isWriting else { return }
            isWriting = true
            Task { await write() }
        }
    }

    private func write() async {
        while !finished.isEmpty {
            let batch = cut()
            let done = await write(batch)
            failures = done.isEmpty ? failures + 1 : 0
            letGo { done.contains($0.ending.claim.lease) }
            if isClosed {
                logger.error("outcomes were not written before the end; others begin again", metadata: ["count": "\(finished.count)"])
                letGo { _ in true }
            } else if done.count < batch.count {
                // It may be one organization's lock, for which the others need not wait.
                let tried = finished.prefix(batch.count - done.count)
                finished = Array(finished.dropFirst(tried.count)) + tried
                try? await Task.sleep(for: pause)
            }
        }
        isWriting = false
    }

    private func letGo(_ isDone: (Waiting) -> Bool) {
        for one in finished where isDone(one) {
            waitingBytes -= one.size
            one.written.resume()
        }
        finished.removeAll(where: isDone)
    }

    /// The next to be written: at least one.
    private func cut() -> [Finished] {
        var bytes = 0
        let batch = finished.prefix(most).prefix { one in
            bytes += one.size
            return bytes <= Self.largestStatement || bytes == one.size
        }
        return batch.map(\.ending)
    }

    /// Twice as long each time, half a second at most, and a random part of it off: all nodes come back at one time.
    private var pause: Duration { .milliseconds(25 << min(failures, 4)) + .milliseconds(.random(in: 0...100)) }

    /// Answers of which nothing is left to be done.
    private func write(_ batch: [Finished]) async -> Set<Claim.Lease> {
        do {
            try await store(batch)
            most = min(Self.largestBatch, most * 2)
            return Set(batch.map(\.claim.lease))
        } catch let error as PostgresError where error.isOfDatabaseAway {
            isClosed = error.kind == .closed
            if !isClosed { complaints.tell("outcomes wait for the database", error, ["count": "\(finished.count)"]) }
            if error.isOfLock { return await writeByOrganization(batch) }
            if error.isOfTime, batch.count == 1, failures > 0 { return await writeBare(batch[0]) ? [batch[0].claim.lease] : [] }
            if error.isOfTime { most = max(1, batch.count / 2) }
            return []
        } catch {
            logger.error("a batch of outcomes was refused", metadata: ["count": "\(batch.count)", "error": "\(error)"])
            return await writeOneByOne(batch)
        }
    }

    /// One organization's lock must not keep the others' outcomes from being written.
    private func writeByOrganization(_ batch: [Finished]) async -> Set<Claim.Lease> {
        let pieces = Dictionary(grouping: batch, by: \.claim.organizationID).values
        guard pieces.count > 1 else { return [] }
        var done: Set<Claim.Lease> = []
        for piece in pieces { done.formUnion(await write(piece)) }
        return done
    }

    /// One outcome that the database refuses must not keep the others from being written: each goes alone, a refused one
    /// without its payload.
    private func writeOneByOne(_ batch: [Finished]) async -> Set<Claim.Lease> {
        var done: Set<Claim.Lease> = []
        for one in batch {
            do {
                try await store([one])
            } catch let error as PostgresError where error.isOfDatabaseAway {
                // Where it is locked, the next one may not be.
                if error.isOfLock { continue } else { return done }
            } catch {
                guard await writeBare(one) else { continue }
            }
            done.insert(one.claim.lease)
        }
        return done
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
        Meters.incidents.increment(by: completion.incidents)
        if completion.hasBreakerNews {
            try await engine.breakers.load(from: engine.results)
            if try await queue.letGoOfHosts(now: clock.now()) > 0 { engine.dueBell.ring() }
        }
        guard !completion.jobsWithWaiting.isEmpty else { return }
        try await queue.release(after: completion.jobsWithWaiting, now: clock.now())
        Failpoint.waitingReleased.reached()
    }

    /// A day that is missing although it was known to be there is made again.
    private func complete(_ batch: [Finished]) async throws -> ExecutionQueue.Completion {
        let days = batch.map { (keepDays: $0.claim.keepDays, scheduledFor: $0.claim.scheduledFor) }
        try await partitions.ensure(days)
        // A target that pauses its job pauses what is to come: what is due by now is decided before.
        for one in batch where one.outcome.steering.pause != nil { try await engine.decide(one.claim.jobID, of: one.claim.organizationID) }
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
