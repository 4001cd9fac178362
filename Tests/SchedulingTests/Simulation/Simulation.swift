import Postgres
import Tenancy
import TestSupport
import Testing
import Time

@testable import Scheduling

/// Runs the real scheduler, queue, rescuer and pruner over real statements in virtual time, from event to event, among seeded
/// faults, and compares what it left behind with what `Oracle` expects.
///
/// It does itself what a `Worker` does between its statements (when what is leased starts, what becomes of an answer), by the
/// same rules; everything that is decided in the database is the program's own. One seed is one story.
actor Simulation {
    enum Event {
        case tick, claim, rescue, people, daily, databaseBack, start
        case fire(Int, Claim.Lease)
        case survive(Int, Claim.Lease)
        case mark(Int, Claim.Lease)
        case answer(Int, Claim.Lease)
        case record(Int)
        case recall(job: Int)
        case change(Int, Change)
        case beat(Int)
        case strays(Int)
        case resume(Int)
        case watchZones(Int)
        case graceOver(Int)
        /// It is time for this fault; or, second, it strikes.
        case fault(Fault)
        case strike(Fault)
        /// Two minutes after the fault of this number: if there was none since, nothing that is due waits.
        case quiet(after: Int)
    }

    /// What one simulation is about.
    struct Plan {
        var start: Timestamp
        var days: Int
        var jobs = 100
        /// Whether people edit, pause and delete jobs.
        var hasChanges = false
        /// So many times as many faults as a year has.
        var haste: Int64 = 1
        var mutant: Mutant?

        var end: Timestamp { start.adding(.seconds(days * 86_400)) }
    }

    let plan: Plan
    let time: VirtualTime
    let base: SimulatedDatabase
    let secrets: JobSecrets
    let accesses: [Access]
    var random: Seeded
    var agenda = Agenda<Event>()
    var trace = Trace()
    var calls = Calls()
    var ledger: Ledger
    var zones: MovingZones
    var nodes: [SimulatedNode] = []
    var records: [JobRecord] = []
    var numbers: [ID<Job>: Int] = [:]
    var isDatabaseUp = true
    /// Faults that wait for the next call, to meet the engine at work.
    var lurking: [Fault] = []
    var faults = 0
    /// From when on all nodes know what the database's clock says.
    var settledAt: Int64 = 0
    var leader = -1
    var nextTick: Int64?
    var nextClaim: Int64?
    var nextRescue: Int64?
    /// The latest that the database's clock has ever said.
    var highest = Timestamp(microseconds: .min)
    var manualRuns: Set<ID<Execution>> = []

    init(seed: UInt64, _ plan: Plan) async throws {
        self.plan = plan
        time = VirtualTime(start: plan.start)
        base = try await SimulatedDatabase()
        secrets = try #require(Scene.secrets)
        random = Seeded(state: seed)
        accesses = [
            try await Self.found("Acme", in: base), try await Self.found("Bolt", in: base), try await Self.found("Cask", in: base),
        ]
        zones = MovingZones(prefix: plan.mutant?.zonePrefix ?? "")
        ledger = Ledger(start: plan.start, end: plan.end, zones: zones)
    }

    static func found(_ name: String, in base: SimulatedDatabase) async throws -> Access {
        let organizations = try Scene.organizations(base.database)
        let founded = try await organizations.found(name: name, ownedBy: "alice@example.com", entitlements: .business())
        return Access(organization: founded.organization, actor: .system, origin: Origin(.engine))
    }

    /// Runs to the end, or to the first rule that is broken.
    func run() async throws {
        try await plan.mutant?.spoil(base.database)
        zones.install()
        for _ in 0..<3 { try await startNode() }
        try await createJobs()
        for index in nodes.indices { try await watchZones(index) }
        for fault in Fault.allCases { schedule(fault) }
        agenda.add(.people, at: 60_000_000)
        agenda.add(.daily, at: 0)
        try await look()
        let end = Int64(plan.days) * 86_400_000_000
        var (last, standing) = (Int64(0), 0)
        while let (moment, event) = agenda.next(), moment <= end {
            standing = moment == last ? standing + 1 : 0
            last = moment
            if standing > 10_000 { throw Violation("nothing goes on: \(event)") }
            time.advance(to: moment)
            highest = max(highest, time.now)
            do { try await handle(event) } catch let error as PostgresError { throw Violation("the engine failed at \(event): \(error)") }
        }
        try await checkDay(throughDay: plan.days - 3)
    }

    private func handle(_ event: Event) async throws {
        switch event {
        case .tick: try await tick()
        case .claim: try await claim()
        case .rescue: try await rescue()
        case .people: try await people()
        case .change(let number, let change): try await carryOut(change, on: number)
        case .daily: try await daily()
        case .databaseBack: databaseBack()
        case .start: try await startNode()
        case .fire(let node, let lease): try await fire(node, lease)
        case .survive(let node, let lease): try await survive(node, lease)
        case .mark(let node, let lease): try await mark(node, lease)
        case .answer(let node, let lease): answer(node, lease)
        case .record(let node): try await record(node)
        case .recall(let job): for index in nodes.indices { try await recall(index, job: job) }
        case .beat(let node): try await beat(node)
        case .strays(let node): try await handBackStrays(node)
        case .resume(let node): try await resume(node)
        case .watchZones(let node): try await watchZones(node)
        case .graceOver(let node): try await endStop(node)
        case .fault(let fault): try await lurkOrStrike(fault)
        case .strike(let fault): try await strike(fault)
        case .quiet(let number): try await checkQuiet(after: number)
        }
    }

    // MARK: -

    var moment: Int64 { time.moment }
    var living: [Int] { nodes.indices.filter { nodes[$0].isAlive } }
    var connected: [Int] { living.filter { nodes[$0].isConnected } }

    func within(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    func note(_ text: String) { trace.note(time.now, text) }

    func soon(_ event: Event, in microseconds: Int64) { agenda.add(event, at: moment + microseconds) }

    /// Plans the next tick and the next claim, as the answers of the last ones, notifications and polling do together.
    func look() async throws {
        guard isDatabaseUp else { return }
        let row = try await base.database.query(
            """
            SELECT (SELECT min(next_run_at) FROM job_states) AS run, (SELECT min(pass_at) FROM job_states) AS pass,
                (SELECT min(next_due) FROM lanes WHERE next_due < 'infinity' AND running < max_running) AS due
            """)
        if let run: Timestamp = try row.only("run") {
            planTick(at: time.moment(of: run.adding(.zero - Scheduler.horizon)) + within(0...300_000))
        }
        if let pass: Timestamp = try row.only("pass"), pass < plan.end {
            planTick(at: time.moment(of: pass) + within(0...300_000))
        }
        if let due: Timestamp = try row.only("due") { planClaim(at: time.moment(of: due.adding(.zero - Worker.lead))) }
    }

    func planTick(at wanted: Int64) {
        let at = max(wanted, moment + 1_000)
        if let nextTick, nextTick > moment, nextTick <= at { return }
        nextTick = at
        agenda.add(.tick, at: at)
    }

    func planClaim(at wanted: Int64) {
        let at = max(wanted, moment + 1_000)
        if let nextClaim, nextClaim > moment, nextClaim <= at { return }
        nextClaim = at
        agenda.add(.claim, at: at)
    }

    func planRescue(at wanted: Int64) {
        let at = max(wanted, moment + 1_000)
        if let nextRescue, nextRescue > moment, nextRescue <= at { return }
        nextRescue = at
        agenda.add(.rescue, at: at)
    }
}
