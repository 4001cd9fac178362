import Postgres
import TestSupport
import Testing

@testable import Scheduling

@Suite(.database) struct PulseTests {
    private func pulse(beating ago: [Double]) -> Pulse {
        let pulse = Pulse(TestDatabase.current.database)
        for ago in ago { pulse.renewed(at: .now - .seconds(ago)) }
        return pulse
    }

    @Test func aNodeWithoutAHeartbeatMayDoEverything() {
        #expect(pulse(beating: []).isFresh && pulse(beating: []).isSteady)
    }

    @Test func aNewNodeIsFreshAtOnceAndSteadyAfterOneLease() {
        let (new, older) = (pulse(beating: [1]), pulse(beating: [5.1, 3.6, 2.1, 0.6]))
        #expect(new.isFresh && !new.isSteady)
        #expect(older.isFresh && older.isSteady)
    }

    @Test func aSilentNodeIsNeither() {
        let silent = pulse(beating: [20, 18.5, 17, 15.5, 4.1])
        #expect(!silent.isFresh && !silent.isSteady)
    }

    @Test func aBreakMakesItBeginAnew() {
        #expect(pulse(beating: [9, 7.5, 6, 3.1, 1.5, 0]).isSteady, "one beat was late")
        #expect(!pulse(beating: [9, 7.5, 4.4, 3, 1.5, 0]).isSteady, "two were left out")
    }

    @Test func aClockThatWasSetMakesItBeginAnew() {
        let pulse = pulse(beating: [6, 4.5, 3, 1.5, 0])
        #expect(pulse.isSteady)
        pulse.beginAnew()
        #expect(pulse.isFresh && !pulse.isSteady)
        pulse.renewed(at: .now)
        #expect(!pulse.isSteady)
    }
}
