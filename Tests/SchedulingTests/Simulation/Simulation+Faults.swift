import Postgres
import Tenancy
import Time

@testable import Scheduling

/// What befalls a system, and on average how often.
enum Fault: CaseIterable {
    case crash, pause, deploy, databaseAway, clockStep, newZoneData

    var everyHours: Int64 {
        switch self {
        case .crash: 6
        case .pause: 24
        case .deploy: 48
        case .databaseAway, .clockStep, .newZoneData: 168
        }
    }
}

extension Simulation {
    func schedule(_ fault: Fault) {
        let hour: Int64 = 3_600_000_000
        soon(.fault(fault), in: within(1_000_000...2 * fault.everyHours * hour / plan.haste))
    }

    /// Two of three wait for the next call, so as to meet the engine at work.
    func lurkOrStrike(_ fault: Fault) async throws {
        if chance(67) { lurking.append(fault) } else { try await strike(fault) }
    }

    func strike(_ fault: Fault) async throws {
        schedule(fault)
        guard isDatabaseUp, settledAt <= moment, let index = living.filter({ !nodes[$0].isStopping }).randomElement(using: &random) else {
            return
        }
        faults += 1
        switch fault {
        case .crash: try await crash(index)
        case .pause: try await pause(index)
        case .deploy: try await stop(index)
        case .databaseAway: try await takeDatabaseAway()
        case .clockStep: try await stepClock()
        case .newZoneData: try await bringZoneData()
        }
    }

    /// The fault is over: two minutes later nothing may be left of it.
    func expectQuiet(in microseconds: Int64 = 0) { soon(.quiet(after: faults), in: microseconds + 120_000_000) }

    // MARK: Nodes

    func startNode() async throws {
        guard isDatabaseUp else { return soon(.start, in: 1_000_000) }
        let node = SimulatedNode("n\(nodes.count + 1)", on: base.database, time: time)
        nodes.append(node)
        try await beat(nodes.count - 1)
        if !records.isEmpty { try await watchZones(nodes.count - 1) }
        note("\(node.name) is there")
    }

    /// A living node renews each 1.5 s; here that is written as a lease without an end, which `cut` gives its end.
    func beat(_ index: Int) async throws {
        let node = nodes[index]
        guard node.isAlive, node.pausedUntil == nil, isDatabaseUp else { return }
        try await base.show(time.now)
        if try await !node.engine.clock.measure(base.database) { node.connectedAt = moment }
        try await base.database.query(
            """
            INSERT INTO nodes (id, name, started_at, alive_until) VALUES (\(node.id), \(node.name), \(node.now), 'infinity')
            ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until
            """)
        let wasCut = node.cutAt != nil
        if wasCut { (node.cutAt, node.connectedAt) = (nil, moment) }
        if wasCut { try await recall(index, job: nil) }
        if !node.held.isEmpty { soon(.record(index), in: 1_000) }
        try await look()
    }

    /// It has renewed for the last time a moment ago, and its lease will end.
    func cut(_ index: Int) async throws {
        let node = nodes[index]
        guard node.cutAt == nil else { return }
        let ago = within(0...1_400_000)
        node.cutAt = moment - ago
        let end = node.now.adding(Heartbeat.lease - .microseconds(ago))
        try await base.database.query("UPDATE nodes SET alive_until = \(end) WHERE id = \(node.id)")
    }

    func disturb(_ index: Int) {
        for holding in nodes[index].held.values {
            nodes[index].held[holding.claim.lease]?.isDisturbed = true
            if holding.stage != .armed { calls.disturb(holding.claim) }
        }
    }

    func crash(_ index: Int) async throws {
        let node = nodes[index]
        note("\(node.name) dies")
        try await cut(index)
        disturb(index)
        (node.isAlive, node.held) = (false, [:])
        soon(.start, in: within(500_000...60_000_000))
        planRescue(at: moment + 5_000_000 + within(0...1_000_000))
        expectQuiet()
    }

    func pause(_ index: Int) async throws {
        let node = nodes[index]
        guard node.pausedUntil == nil else { return }
        let length = within(200_000...60_000_000)
        note("\(node.name) stands still for \(length / 1_000) ms")
        try await cut(index)
        if length > 2_000_000 { disturb(index) }
        node.pausedUntil = moment + length
        soon(.resume(index), in: length)
        planRescue(at: moment + 5_000_000 + within(0...1_000_000))
        expectQuiet(in: length)
    }

    /// It does not know that it stood still: what was due starts if it believes in its leases, what was answered is recorded.
    func resume(_ index: Int) async throws {
        let node = nodes[index]
        guard node.isAlive else { return }
        node.pausedUntil = nil
        note("\(node.name) goes on")
        for claim in inOrder(node.held.values.map(\.claim)) {
            switch node.held[claim.lease]?.stage {
            case .armed: soon(.fire(index, claim.lease), in: max(1, time.moment(of: claim.dueAt) - moment))
            case .running: soon(.answer(index, claim.lease), in: within(1...2_000_000))
            default: soon(.record(index), in: 1_000)
            }
        }
        soon(.beat(index), in: within(1...1_500_000))
    }

    func stop(_ index: Int) async throws {
        let node = nodes[index]
        guard node.isConnected else { return }
        note("\(node.name) is stopped")
        node.isStopping = true
        let armed = node.held.values.filter { $0.stage == .armed }.map(\.claim)
        if !armed.isEmpty { try await node.queue.handBack(armed.map { ($0.organizationID, $0.lease) }, now: node.now) }
        for claim in armed { node.held[claim.lease] = nil }
        soon(.graceOver(index), in: node.held.isEmpty ? 1_000 : 25_000_000)
        expectQuiet(in: 30_000_000)
        try await look()
    }

    /// What has not ended is handed over, and the node takes its row away; without a database its lease ends by itself.
    func endStop(_ index: Int) async throws {
        let node = nodes[index]
        guard node.isAlive, node.isStopping, node.pausedUntil == nil else { return }
        disturb(index)
        if node.isConnected {
            let left = node.held.values.map { ($0.claim.organizationID, $0.claim.lease) }
            if !left.isEmpty { _ = try await node.queue.lose(.stop(left), now: node.now) }
            try await base.database.batch([
                "DELETE FROM nodes WHERE id = \(node.id) AND NOT EXISTS (SELECT FROM queue WHERE leased_by = \(node.id))",
                "UPDATE nodes SET alive_until = '-infinity' WHERE id = \(node.id)",
            ])
        }
        (node.isAlive, node.held) = (false, [:])
        note("\(node.name) is gone")
        soon(.start, in: within(1...5_000_000))
        planRescue(at: moment + 5_000_000)
        try await look()
    }
}
