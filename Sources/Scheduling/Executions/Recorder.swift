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

    private var finished: [(ending: Finished, written: CheckedContinuation<Void, Never>)] = []
    private var isWriting = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ engine: Engine, logger: Logger) {
        loop = engine.loop
        queue = ExecutionQueue(database: engine.database)
        partitions = engine.partitions
        clock = engine.clock
        node = engine.node
        self.logger = logger
    }

    /// Returns when the ending is written, or is past writing. While the database is away it waits, and so does the place
    /// among the worker's calls that the caller holds: what is kept here is bounded by that.
    func record(_ ending: Finished) async {
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
                finished.removeFirst(batch.count)
                for (_, written) in batch { written.resume() }
            } else {
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        isWriting = false
    }

    /// Whether nothing of the batch is left to be done.
    private func write(_ batch: [Finished]) async -> Bool {
        do {
            try await store(batch)
            return true
        } catch let error as PostgresError where error.isPassing {
            logger.error("outcomes wait for the database", metadata: ["count": "\(batch.count)", "error": "\(error)"])
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
            } catch let error as PostgresError where error.isPassing {
                return false
            } catch {
                guard await writeBare(one) else { return false }
            }
        }
        return true
    }

    /// Without what the call sent and received. What is refused even so is given up, loudly: its lease is handed back like
    /// any that nobody holds, and the execution repeated.
    private func writeBare(_ one: Finished) async -> Bool {
        do {
            try await store([one.withoutPayload])
        } catch let error as PostgresError where error.isPassing {
            return false
        } catch {
            logger.critical("an outcome could not be recorded", metadata: ["execution": "\(one.claim.id)", "error": "\(error)"])
        }
        return true
    }

    private func store(_ batch: [Finished]) async throws {
        try await partitions.ensure(batch.map { ($0.claim.keepDays, $0.claim.scheduledFor) })
        let completion = try await queue.complete(batch, by: node, now: clock.now())
        Meters.recorded.increment(by: completion.recorded)
        if completion.recorded < batch.count { Meters.fenced.increment(by: batch.count - completion.recorded) }
        if !completion.jobsWithWaiting.isEmpty { try await queue.release(after: completion.jobsWithWaiting, now: clock.now()) }
    }
}
