import Foundation
import TestSupport
import Testing
import Time

private let isLongRun = ProcessInfo.processInfo.environment["PRIKKE_LONG_TESTS"] != nil

/// The simulated year of reliability.md §6, and a tenth of it around the clock changes.
@Suite(.database, .serialized) struct SimulatedYearTests {
    private static let spring = Simulation.Plan(start: Timestamp(seconds: 1_709_856_000), days: 32)  // from 2024-03-08
    private static let autumn = Simulation.Plan(start: Timestamp(seconds: 1_729_209_600), days: 28)  // from 2024-10-18

    @Test(arguments: [1, 2] as [UInt64]) func everyTickIsAccountedFor(seed: UInt64) async throws {
        try await Story(seed, seed % 2 == 0 ? Self.autumn : Self.spring).isRight()
    }
}

/// One simulation, told.
private struct Story {
    let lines: [String]
    let violation: String?
    let figures: String

    init(_ seed: UInt64, _ plan: Simulation.Plan) async throws {
        let began = ContinuousClock.now
        let simulation = try await Simulation(seed: seed, plan)
        var violation: String?
        do { try await simulation.run() } catch let error as Violation { violation = error.description }
        lines = await simulation.trace.lines
        let mutant = plan.mutant.map { ", \($0)" } ?? ""
        self.violation = violation.map { "seed \(seed)\(mutant): \($0)\n" + lines.suffix(40).joined(separator: "\n") }
        figures = "seed \(seed)\(mutant): \(await simulation.ledger.occurrences) occurrences, \(await simulation.calls.count) calls, \(await simulation.faults) faults, \(ContinuousClock.now - began)"
        print(figures)
        try await simulation.base.close()
    }

    func isRight() throws { if let violation { Issue.record("\(violation)") } }
}
