import Testing
import Time

@testable import Scheduling

/// What a node does about a zone, by what it and the database know of it.
@Suite struct ZoneInUseTests {
    private let ours: [UInt8] = [1]
    private let theirs: [UInt8] = [2]

    private func step(
        _ version: String, over recorded: [UInt8], _ recordedVersion: String, insisted: Bool = false, contested: Bool = false,
        secondsLater: Int = 0
    ) -> ZoneInUse.Step {
        let zone = ZoneInUse(
            name: "Europe/Oslo", recorded: (recorded, recordedVersion, noon, contested ? noon.adding(.microseconds(1)) : nil))
        return zone.step(ours, version, insisted: insisted, now: noon.adding(.seconds(secondsLater)))
    }

    @Test func anUnknownZoneIsNoted() {
        #expect(ZoneInUse(name: "Europe/Oslo", recorded: nil).step(ours, "2026a", insisted: false, now: noon) == .note)
    }

    @Test func theSameRulesNeedNothingButTheirNewRelease() {
        #expect(step("2026a", over: ours, "2026a") == .nothing)
        #expect(step("2025b", over: ours, "2026a") == .nothing)
        #expect(step("2026a", over: ours, "2025b") == .note)
    }

    @Test func newerRulesGoBeforeOlderOnes() {
        #expect(step("2026a", over: theirs, "2025b") == .move(isNews: true))
        #expect(step("2026a", over: theirs, "2025b", insisted: true) == .move(isNews: true))
        #expect(step("2025b", over: theirs, "2026a") == .contest)
        #expect(step("2025z", over: theirs, "2025za") == .contest)
    }

    @Test(arguments: [("2026a", "2026a"), ("unknown", "2026a"), ("2026a", "unknown"), ("unknown", "unknown")])
    func withoutAnOrderANodeInsistsOnItsRulesOnce(own: String, recorded: String) {
        #expect(step(own, over: theirs, recorded) == .move(isNews: true))
        #expect(step(own, over: theirs, recorded, insisted: true) == .contest)
    }

    @Test func contestedRulesAreAppliedAgainAfterAWhile() {
        #expect(step("2026a", over: ours, "2026a", contested: true, secondsLater: 29) == .nothing)
        #expect(step("2026a", over: ours, "2026a", contested: true, secondsLater: 30) == .move(isNews: false))
        #expect(step("2026a", over: ours, "2026a", secondsLater: 30) == .nothing)
    }
}
