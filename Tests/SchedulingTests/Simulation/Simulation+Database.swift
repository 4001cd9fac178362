import Postgres
import Tenancy
import Time

@testable import Scheduling

/// Faults of what nodes share: the database, its clock, the data of zones; and who puts right what they leave.
extension Simulation {
    /// Before it goes, some of what it was asked for is done, and nobody hears of it.
    func takeDatabaseAway() async throws {
        let length = within(1_000_000...600_000_000)
        note("the database is away for \(length / 1_000) ms")
        let able = connected.filter { !nodes[$0].isStopping }
        if let index = able.randomElement(using: &random), chance(50) { try await claimInVain(index) }
        for index in connected where chance(50) { try await record(index, isHeard: false) }
        for index in living { try await cut(index) }
        isDatabaseUp = false
        soon(.databaseBack, in: length)
        expectQuiet(in: length)
    }

    func databaseBack() {
        isDatabaseUp = true
        note("the database is back")
        for index in living { soon(.beat(index), in: within(1...1_500_000)) }
        planRescue(at: moment + 5_000_000 + within(0...2_000_000))
    }

    /// Whoever has renewed by the old clock may look dead, or alive for long, by the new one.
    func stepClock() async throws {
        let step = within(1_000_000...600_000_000) * (chance(50) ? 1 : -1)
        note("the database's clock is set by \(step / 1_000) ms")
        for index in connected {
            try await base.database.query(
                "UPDATE nodes SET alive_until = \(time.now.adding(Heartbeat.lease)) WHERE id = \(nodes[index].id)")
        }
        time.step(by: step)
        settledAt = moment + 2_000_000
        for index in connected { soon(.beat(index), in: within(1...1_500_000)) }
        for delay in [within(1...1_500_000), 6_500_000 + within(0...1_000_000)] { agenda.add(.rescue, at: moment + delay) }
        expectQuiet(in: max(0, -step))
    }

    // MARK: Zone data

    /// Every process reads the new files at once; each node computes again when it looks, which it does each 10 s.
    func bringZoneData() async throws {
        guard time.now >= highest, let first = connected.first else { return }
        for index in connected { try await watchZones(index) }
        try await reconcile(nodes[first].engine)
        let news = zones.draw(now: time.now, using: &random)
        note("new zone data: \(news)")
        zones.publish(news)
        ledger.take(zones, of: news.id)
        for number in records.indices {
            if case .cron(_, let zone) = records[number].rhythm.kind, zone == zones.name(of: news.id) {
                records[number].newRulesAt.append(time.now)
            }
        }
        for index in living {
            let delay = within(1...10_000_000)
            for after in [0, 10, 40, 900] as [Int64] { soon(.watchZones(index), in: delay + after * 1_000_000) }
        }
        expectQuiet(in: 10_000_000)
    }

    func watchZones(_ index: Int) async throws {
        let node = nodes[index]
        guard node.isAlive, !node.isStopping, plan.mutant != .withoutZoneWatch else { return }
        guard node.isConnected, isDatabaseUp else { return soon(.watchZones(index), in: 10_000_000) }
        try await node.zoneWatch.look(version: zones.version)
        // What is leased ahead is looked at again, as whoever hears of a moved job does.
        for number in records.indices where records[number].newRulesAt.last.map({ $0 > time.now.adding(.seconds(-60)) }) ?? false {
            for index in nodes.indices { try await recall(index, job: number) }
        }
        try await look()
    }

    // MARK: The rescuer

    func rescue() async throws {
        guard isDatabaseUp else { return }
        guard let index = connected.first(where: { nodes[$0].isSteady(at: moment) }) else { return planRescue(at: moment + 1_000_000) }
        try await base.show(time.now)
        try await Rescuer(nodes[index].engine, logger: silence).look(alsoAtLanes: true)
        let orphans: Int64 = try await base.database.query(
            "SELECT count(*) AS count FROM queue WHERE leased_by IS NOT NULL AND leased_by <> ALL (\(living.map { nodes[$0].id }))"
        ).only("count")
        if orphans > 0 { planRescue(at: moment + 1_000_000) }
        try await look()
    }
}
