import JSON
import Postgres
import Tenancy
import Time

@testable import Scheduling

/// What the driver did to a job.
struct JobRecord {
    struct Period {
        let rhythm: Rhythm
        /// Occurrences later than this, up to `until` (included; nil: it goes on), were to come.
        let from: Timestamp
        var until: Timestamp?
    }

    let id: ID<Job>
    let job: SimulatedJob
    var periods: [Period]
    var deletedAt: Timestamp?
}

extension Simulation {
    private var jobs: Jobs { Jobs(nodes[living.first ?? 0].engine, plugins: JobPlugins([Probe()])) }

    func createJobs() async throws {
        let roster = Roster(start: plan.start, end: plan.end, prefix: plan.mutant?.zonePrefix ?? "")
        for job in roster.draw(plan.jobs, using: &random) {
            time.advance(to: moment + 1_000)
            let made = try await jobs.create(job.draft, for: accesses[job.organization])
            numbers[made.id] = records.count
            records.append(JobRecord(id: made.id, job: job, periods: [.init(rhythm: job.rhythm, from: made.createdAt)]))
        }
    }

    func people() async throws {
        soon(.people, in: within(60_000_000...4 * 3_600_000_000))
        guard isDatabaseUp, settledAt <= moment, let index = connected.randomElement(using: &random) else { return }
        let number = chance(50) ? records.count - 1 - 20 * Int(within(0...4)) : Int(within(0...Int64(records.count - 1)))
        guard records.indices.contains(number), records[number].deletedAt == nil else { return }
        try await runByHand(number, on: nodes[index])
        try await look()
    }

    private func runByHand(_ number: Int, on node: SimulatedNode) async throws {
        let record = records[number]
        let access = accesses[record.job.organization]
        let job = try await jobs.find(.id(record.id), for: access)
        let run = try await Executions(node.engine).trigger(job, override: [:], by: .manual, for: access)
        manualRuns.insert(run.id)
        note("j\(number) is run by hand")
    }
}
