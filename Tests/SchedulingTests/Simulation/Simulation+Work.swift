import Postgres
import TestSupport
import Time

@testable import Scheduling

/// What scheduler, workers and recorders do.
extension Simulation {
    // MARK: Tick

    func tick() async throws {
        guard nextTick == moment, isDatabaseUp else { return }
        nextTick = nil
        let able = connected.filter { !nodes[$0].isStopping }
        guard let first = able.first else { return planTick(at: moment + 1_000_000) }
        if first != leader {
            // Whoever led is gone; it takes a moment until another notices.
            leader = first
            return planTick(at: moment + within(0...1_500_000))
        }
        // Now and then one that believes to lead still meets one that leads: each reads what the other is about to write.
        let racers = able.count > 1 && chance(5) ? Array(able.prefix(2)) : [first]
        do {
            let schedulers = racers.map { (Scheduler(nodes[$0].engine, logger: silence), nodes[$0].now) }
            try await withThrowingTaskGroup { group in
                for (scheduler, now) in schedulers {
                    group.addTask {
                        _ = try await scheduler.tick(at: now)
                        _ = try await scheduler.passOver(at: now)
                    }
                }
                try await group.waitForAll()
            }
        } catch let error as PostgresError where error.isOfMissingPartition {
            try await nodes[first].engine.partitions.ensureWhatIsQueued()
            planTick(at: moment + 250_000)
        }
        try await look()
    }

    // MARK: Claim

    func claim() async throws {
        guard nextClaim == moment, isDatabaseUp else { return }
        nextClaim = nil
        let able = connected.filter { !nodes[$0].isStopping }.shuffled(using: &random)
        guard !able.isEmpty else { return planClaim(at: moment + 1_000_000) }
        for index in able {
            let limit = chance(50) ? Int(within(4...12)) : 256  // fewer than lanes: their order would be drawn by lot
            if try await claim(limit, for: index) < limit { break }
        }
        try await look()
    }

    @discardableResult
    private func claim(_ limit: Int, for index: Int) async throws -> Int {
        let node = nodes[index]
        let now = node.now
        let claims = try await node.queue.claim(limit, for: node.id, now: now, horizon: now.adding(Worker.lead)).claims
        for claim in claims { node.held[claim.lease] = SimulatedNode.Holding(claim: claim, claimedAt: moment) }
        let doubtful = claims.filter(\.isDoubtful)
        let gone = doubtful.isEmpty ? [] : try await node.queue.withdraw(doubtful, now: node.now)
        for lease in gone { node.held[lease] = nil }
        for claim in inOrder(claims) where !gone.contains(claim.lease) {
            agenda.add(.fire(index, claim.lease), at: max(moment + 1, time.moment(of: claim.dueAt)))
        }
        return claims.count
    }

    /// A claim that the database has carried out, and of which the node never heard.
    func claimInVain(_ index: Int) async throws {
        let node = nodes[index]
        _ = try await node.queue.claim(64, for: node.id, now: node.now, horizon: node.now.adding(Worker.lead))
        soon(.strays(index), in: 3_500_000)
    }

    /// In an order that does not depend on ids, which are drawn at random.
    func inOrder(_ claims: [Claim]) -> [Claim] {
        claims.sorted {
            ($0.dueAt, $0.scheduledFor, numbers[$0.jobID] ?? -1, $0.attempt) < (
                $1.dueAt, $1.scheduledFor, numbers[$1.jobID] ?? -1, $1.attempt
            )
        }
    }

    // MARK: Run

    func fire(_ index: Int, _ lease: Claim.Lease) async throws {
        let node = nodes[index]
        guard node.isAlive, node.pausedUntil == nil, let holding = node.held[lease], holding.stage == .armed else { return }
        guard node.isFresh(at: moment) else { return letGo(index, [lease]) }
        guard holding.claim.crashes > 0 else { return try start(index, holding) }
        // What a node has died under is noted before it begins.
        guard isDatabaseUp, try await node.queue.tryOut([holding.claim], after: [], now: node.now).contains(lease) else {
            return letGo(index, [lease])
        }
        soon(.survive(index, lease), in: 10_000)
        try start(index, holding)
    }

    private func start(_ index: Int, _ holding: SimulatedNode.Holding) throws {
        let (node, claim) = (nodes[index], holding.claim)
        let number = try number(of: claim)
        let job = records[number].job
        let startedAt = max(node.now, claim.dueAt)
        note("\(node.name) calls j\(number) \(claim.trigger) \(claim.scheduledFor.rfc3339) attempt \(claim.attempt)")
        if let deletedAt = records[number].deletedAt, startedAt > deletedAt.adding(.seconds(1)) {
            throw Violation("j\(number) ran after its end")
        }
        try calls.begin(
            Calls.Call(claim: claim, job: number, startedAt: startedAt, isClockSettled: holding.claimedAt >= settledAt),
            mayOverlap: job.overlap == "allow")
        node.held[claim.lease]?.stage = .running
        let latency = (job.latencies.randomElement(using: &random) ?? 1) * 1_000_000
        soon(.answer(index, claim.lease), in: latency)
        if latency > 2_000_000, chance(30) { soon(.mark(index, claim.lease), in: within(1_000_000...2_000_000)) }
        for fault in lurking { soon(.strike(fault), in: within(0...4_000_000)) }
        lurking = []
    }

    func number(of claim: Claim) throws -> Int {
        guard let number = numbers[claim.jobID] else { throw Violation("an execution of an unknown job: \(claim.jobID)") }
        return number
    }

    func survive(_ index: Int, _ lease: Claim.Lease) async throws {
        let node = nodes[index]
        guard node.isConnected, isDatabaseUp, let holding = node.held[lease] else { return }
        _ = try await node.queue.tryOut([], after: [holding.claim], now: node.now)
    }

    func mark(_ index: Int, _ lease: Claim.Lease) async throws {
        let node = nodes[index]
        guard node.isConnected, isDatabaseUp, let holding = node.held[lease], holding.stage == .running,
            let call = calls.call(holding.claim)
        else { return }
        try await node.queue.mark([(holding.claim, call.startedAt)])
    }

    /// The target has answered; a node that stands still hears of it when it goes on.
    func answer(_ index: Int, _ lease: Claim.Lease) {
        let node = nodes[index]
        guard node.isAlive, node.pausedUntil == nil, let holding = node.held[lease], holding.stage == .running,
            let call = calls.call(holding.claim)
        else { return }
        let outcome = outcome(of: call.job)
        let finishedAt = max(node.now, call.startedAt)
        let retryAt = holding.claim.retryTime(after: outcome, endedAt: finishedAt, using: &random)
        node.held[lease]?.stage = .ended
        node.held[lease]?.finished = Finished(
            claim: holding.claim, outcome: outcome, startedAt: call.startedAt, finishedAt: finishedAt, retryAt: retryAt)
        calls.end(holding.claim, outcome, at: finishedAt, retryAt: retryAt)
        note(
            "j\(call.job) answers \(node.name): \(outcome.reason?.rawValue ?? "success")\(retryAt.map { ", again at \($0.rfc3339)" } ?? "")"
        )
        soon(.record(index), in: 1_000)
    }

    private func outcome(of job: Int) -> Outcome {
        var outcome = outcomeButForSteering(of: job)
        if plan.hasChanges, outcome.reason != nil, chance(3) { outcome.steering.pause = "Not now." }
        return outcome
    }

    private func outcomeButForSteering(of job: Int) -> Outcome {
        guard Int.random(in: 0..<100, using: &random) < records[job].job.failures else { return Outcome(reason: nil, statusCode: 200) }
        let failures: [(Reason, Int?)] = [(.connectFailed, nil), (.httpStatus, 500), (.httpStatus, 404), (.deadline, nil)]
        let (reason, status) = failures[Int.random(in: 0..<failures.count, using: &random)]
        return Outcome(reason: reason, statusCode: status)
    }

    // MARK: Record

    /// `isHeard` false: the database writes it, and the node never hears of it.
    func record(_ index: Int, isHeard: Bool = true) async throws {
        let node = nodes[index]
        guard node.isAlive, node.pausedUntil == nil else { return }
        let ended = node.held.values.filter { $0.stage == .ended }
        guard isDatabaseUp, !ended.isEmpty else { return }
        let batch = ended.compactMap(\.finished)
        try await node.engine.partitions.ensure(batch.map { ($0.claim.keepDays, $0.claim.scheduledFor) })
        let completion = try await node.queue.complete(batch, by: node.id, now: node.now)
        for paused in completion.paused { notePause(paused.jobID, until: nil) }
        if isHeard {
            for holding in ended {
                node.held[holding.claim.lease] = nil
                if !holding.isDisturbed { calls.record(holding.claim) }
            }
            let expected = ended.count { !$0.isDisturbed }
            if completion.recorded < expected {
                throw Violation("\(expected - completion.recorded) outcomes of a living node were refused")
            }
        } else {
            for holding in ended { node.held[holding.claim.lease]?.isDisturbed = true }
        }
        if !completion.jobsWithWaiting.isEmpty, isHeard { try await node.queue.release(after: completion.jobsWithWaiting, now: node.now) }
        if node.isStopping, node.held.isEmpty { try await endStop(index) }
        if !completion.jobsWithWaiting.isEmpty || batch.contains(where: { $0.retryAt != nil }) { try await look() }
    }

    // MARK: Give back

    /// What a node drops without a word: the database goes on saying that it is the node's.
    func letGo(_ index: Int, _ leases: [Claim.Lease]) {
        for lease in leases { nodes[index].held[lease] = nil }
        soon(.strays(index), in: within(3_000_000...4_000_000))
    }

    func handBackStrays(_ index: Int) async throws {
        let node = nodes[index]
        guard node.isAlive else { return }
        guard node.isConnected, isDatabaseUp else { return soon(.strays(index), in: 3_500_000) }
        let unknown = try await node.queue.leases(of: node.id).filter { node.held[$0.lease] == nil }
        let lost = unknown.filter { node.strays.contains($0.lease) }
        node.strays = Set(unknown.map(\.lease))
        if !lost.isEmpty {
            try await node.queue.handBack(lost, now: node.now)
            note("\(node.name) hands back \(lost.count)")
        }
        if !unknown.isEmpty { soon(.strays(index), in: 3_500_000) }
        try await look()
    }

    /// What is leased ahead of a changed job (nil: of any) is looked at again, and goes back.
    func recall(_ index: Int, job: Int?) async throws {
        let node = nodes[index]
        guard node.isConnected, !node.isStopping, isDatabaseUp else { return }
        let armed = node.held.values.filter { $0.stage == .armed && (job == nil || numbers[$0.claim.jobID] == job) }.map(\.claim)
        guard !armed.isEmpty else { return }
        let gone = try await node.queue.withdraw(armed, now: node.now)
        for claim in armed { node.held[claim.lease] = nil }
        let left = armed.filter { !gone.contains($0.lease) }
        if !left.isEmpty { try await node.queue.handBack(left.map { ($0.organizationID, $0.lease) }, now: node.now) }
        try await look()
    }
}
