import Postgres
import Testing
import Time

@testable import Scheduling

@Suite("What follows from a try") struct DeliveryVerdictTests {
    private func verdict(
        _ kind: DeliveryFailure.Kind?, tries: Int = 1, at now: Timestamp = noon, createdAt: Timestamp = noon, isTest: Bool = false,
        refusedAt: Timestamp? = nil, failingSince: Timestamp? = nil
    ) -> DeliveryVerdict {
        .after(
            kind.map { DeliveryFailure($0, "no") },
            .init(isTest: isTest, tries: tries, createdAt: createdAt, refusedAt: refusedAt, failingSince: failingSince), now: now, spread: 1
        )
    }

    private func later(_ seconds: Int64) -> Timestamp { noon.adding(.seconds(seconds)) }

    @Test(arguments: [(1, 5), (2, 60), (3, 300), (4, 1_800), (5, 7_200), (6, 18_000), (7, 36_000), (20, 36_000)])
    func thePausesGrow(tries: Int, seconds: Int64) {
        #expect(verdict(.passing(after: nil), tries: tries).nextTryAt == later(seconds))
    }

    @Test func aSuccessForgetsWhatWasBefore() {
        #expect(verdict(nil, refusedAt: noon, failingSince: noon) == DeliveryVerdict(status: .sent))
    }

    @Test func aRefusedMessageIsNotTriedAgain() {
        let verdict = verdict(.refused)
        #expect(verdict.status == .failed && verdict.nextTryAt == nil && verdict.switchOff == nil && verdict.failingSince == noon)
    }

    @Test func patienceThatIsAskedForIsGivenForAnHourAtMost() {
        #expect(verdict(.passing(after: .seconds(600))).nextTryAt == later(600))
        let verdict = verdict(.passing(after: .seconds(86_400)))
        #expect(verdict.restingUntil == later(3_600) && verdict.nextTryAt == later(3_600))
    }

    @Test func whatNobodyKnowsIsTriedAgainAndEndsUnknown() {
        #expect(verdict(.unknown).status == .waiting)
        let last = verdict(.unknown, tries: 7, createdAt: later(-80_000))
        #expect(last.status == .unknown && last.nextTryAt == nil)
    }

    @Test func aDayLaterItIsGivenUp() {
        let last = verdict(.passing(after: nil), tries: 7, createdAt: later(-80_000))
        #expect(last.status == .failed && last.nextTryAt == nil)
    }

    @Test func aTestIsGivenUpWithinAMinute() {
        #expect(verdict(.passing(after: nil), isTest: true).nextTryAt == later(5))
        #expect(verdict(.passing(after: nil), tries: 2, isTest: true).status == .failed)
        #expect(verdict(.gone, isTest: true).status == .failed)
    }

    @Test func aChannelIsGoneWhenItHasSaidSoTwiceThreeMinutesApart() {
        let first = verdict(.gone)
        #expect(first.switchOff == nil && first.refusedAt == noon && first.nextTryAt == later(185))
        #expect(verdict(.gone, at: later(179), refusedAt: noon).switchOff == nil)
        let second = verdict(.gone, at: later(185), refusedAt: noon)
        #expect(second.switchOff == "no" && second.status == .failed)
    }

    @Test func aChannelThatNothingGetsThroughToForFiveDaysIsSwitchedOff() {
        #expect(verdict(.passing(after: nil), failingSince: later(-431_000)).switchOff == nil)
        #expect(verdict(.passing(after: nil), failingSince: later(-432_000)).switchOff?.hasPrefix("Nothing has got through") == true)
    }
}
