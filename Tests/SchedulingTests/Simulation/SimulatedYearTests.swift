import Foundation
import TestSupport
import Testing
import Time

private let isLongRun = ProcessInfo.processInfo.environment["PRIKKE_LONG_TESTS"] != nil

/// The simulated year of reliability.md §6, and a tenth of it around the clock changes.
@Suite(.serialized, .database) struct SimulatedYearTests {
    /// From 2024-03-29, and from 2024-10-25; what is compared are all days but the last three.
    private static let spring = Simulation.Plan(start: Timestamp(seconds: 1_711_670_400), days: 6, jobs: 35, hasChanges: true, haste: 4)
    private static let autumn = Simulation.Plan(start: Timestamp(seconds: 1_729_814_400), days: 6, jobs: 35, hasChanges: true, haste: 4)
    private static let year = Simulation.Plan(start: Timestamp(seconds: 1_704_067_200), days: 366, hasChanges: true)

    @Test(arguments: isLongRun ? 1...20 : 1...1 as ClosedRange<UInt64>) func everyTickIsAccountedFor(seed: UInt64) async throws {
        try await Story(seed, seed % 2 == 0 ? Self.autumn : Self.spring).isRight()
    }

    @Test(.enabled(if: isLongRun), arguments: 1...2 as ClosedRange<UInt64>) func everyTickOfAYearIsAccountedFor(seed: UInt64) async throws {
        try await Story(seed, Self.year).isRight()
    }

    /// Two stories more, on the longest path of the whole run.
    @Test(.enabled(if: isLongRun)) func aSeedIsOneStory() async throws {
        var plan = Self.autumn
        (plan.days, plan.jobs) = (4, 25)
        let (first, second) = (try await Story(3, plan), try await Story(3, plan))
        #expect(first.lines.count > 500)
        #expect(first.lines == second.lines)
    }

    /// An engine that lacks one of its rules is found out within 50 seeds; the short run tries two of them.
    @Test(arguments: isLongRun ? Mutant.allCases : Array(Mutant.allCases.prefix(2))) func theSimulationCanFail(mutant: Mutant) async throws
    {
        var plan = Self.autumn
        (plan.days, plan.jobs, plan.mutant) = (7, 50, mutant)
        for seed in 1...50 as ClosedRange<UInt64> {
            if try await Story(seed, plan).violation != nil { return }
        }
        Issue.record("\(mutant) was not noticed")
    }
}

/// One simulation, told.
private struct Story {
    let lines: [String]
    let violation: String?

    init(_ seed: UInt64, _ plan: Simulation.Plan) async throws {
        let began = ContinuousClock.now
        let simulation = try await Simulation(seed: seed, plan)
        var found: String?
        do { try await simulation.run() } catch let error as Violation { found = error.description }
        let lines = await simulation.trace.lines
        let title = "seed \(seed)\(plan.mutant.map { ", \($0)" } ?? "")"
        self.lines = lines
        violation = found.map { found in
            let job = found.firstMatch(of: /j[0-9]+/).map { "\($0.output)" }
            let own = lines.filter { line in job.map { line.contains(" \($0) ") || line.contains(" \($0):") } ?? false }.suffix(30)
            return "\(title): \(found)\n" + (own + ["…"] + lines.suffix(20)).joined(separator: "\n")
        }
        if isLongRun {
            let (ledger, calls, faults) = await (simulation.ledger, simulation.calls.count, simulation.faults)
            let news = await simulation.zones.count
            let kinds = ledger.kinds.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            print(
                "\(title): \(ledger.occurrences) occurrences, \(calls) calls, \(faults) faults, \(ledger.pauses) pauses, \(news) news of zones;",
                kinds)
            print("\(title): \(ContinuousClock.now - began); \(found ?? "right")")
        }
        await simulation.zones.forget()
        try await simulation.base.close()
    }

    func isRight() throws { if let violation { Issue.record("\(violation)") } }
}
