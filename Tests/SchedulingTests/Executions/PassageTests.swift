import Testing
import Time

@testable import Scheduling

@Suite struct PassageTests {
    private let schedule = Schedule(.every(seconds: 60, anchor: Timestamp(seconds: 0)))
    private func minute(_ number: Int64) -> Timestamp { Timestamp(seconds: number * 60) }
    private func minutes(_ numbers: ClosedRange<Int64>) -> [Timestamp] { numbers.map(minute) }

    /// What is decided at minute 20 and some seconds about what has been due since minute 10; 30 s late is too late.
    private func passage(_ policy: MissedPolicy, seconds: Int64) -> Passage {
        let now = minute(20).adding(.seconds(seconds))
        return Passage(
            of: schedule, from: minute(10), missed: policy, deadline: .seconds(30), now: now, horizon: now.adding(.seconds(2)))
    }

    @Test func whatFallsDueWithinTheHorizonIsQueuedAhead() {
        let now = minute(10).adding(.seconds(-1))
        let passage = Passage(
            of: schedule, from: minute(10), missed: .last, deadline: .seconds(30), now: now, horizon: now.adding(.seconds(2)))
        #expect(passage.queued == [minute(10)] && passage.missed.isEmpty && passage.next == minute(11))
    }

    @Test func whatLiesBeyondTheHorizonStaysNext() {
        let now = minute(10)
        let passage = Passage(
            of: schedule, from: minute(11), missed: .last, deadline: .seconds(30), now: now, horizon: now.adding(.seconds(2)))
        #expect(passage.queued.isEmpty && passage.missed.isEmpty && passage.next == minute(11))
    }

    @Test func underSkipNothingThatIsTooLateRuns() {
        let passage = passage(.skip, seconds: 40)
        #expect(passage.queued.isEmpty && passage.missed == minutes(10...20) && passage.next == minute(21))
    }

    @Test func underLastTheLastOneIsMadeUp() {
        let passage = passage(.last, seconds: 40)
        #expect(passage.queued == [minute(20)] && passage.missed == minutes(10...19))
    }

    @Test func underLastOneThatIsDueAndInTimeMakesUpForTheOthers() {
        let passage = passage(.last, seconds: 10)
        #expect(passage.queued == [minute(20)] && passage.missed == minutes(10...19))
    }

    @Test func underLastOneThatIsNotDueYetMakesUpForNothing() {
        let passage = passage(.last, seconds: 59)
        #expect(passage.queued == [minute(20), minute(21)] && passage.missed == minutes(10...19))
    }

    @Test func underAllTheLastOnesUpToTheLimitAreMadeUp() {
        let late = passage(.all(3), seconds: 40)
        #expect(late.queued == minutes(18...20) && late.missed == minutes(10...17))
        let oneInTime = passage(.all(3), seconds: 10)
        #expect(oneInTime.queued == minutes(17...20) && oneInTime.missed == minutes(10...16))
        #expect(passage(.all(100), seconds: 40).missed.isEmpty)
    }

    @Test func oneThatIsExactlyAsLateAsAllowedIsInTime() {
        #expect(passage(.skip, seconds: 30).queued == [minute(20)])
        let now = minute(20).adding(.seconds(30) + .microseconds(1))
        let passage = Passage(of: schedule, from: minute(20), missed: .skip, deadline: .seconds(30), now: now, horizon: now)
        #expect(passage.queued.isEmpty && passage.missed == [minute(20)])
    }

    @Test func aOneTimeJobIsNeverTooLate() {
        let passage = Passage(
            of: Schedule(.at(minute(10))), from: minute(10), missed: .skip, deadline: nil, now: minute(900_000), horizon: minute(900_000))
        #expect(passage.queued == [minute(10)] && passage.missed.isEmpty && passage.next == nil)
    }

    @Test func afterTheLastOccurrenceThereIsNoNext() {
        var ending = schedule
        ending.endsAt = minute(12)
        let passage = Passage(
            of: ending, from: minute(10), missed: .all(100), deadline: .seconds(3_600), now: minute(20), horizon: minute(20))
        #expect(passage.queued == minutes(10...11) && passage.next == nil)
    }

    /// 25,000 s behind: passed in three pieces, in which each occurrence is exactly once, and only the last is made up.
    @Test(arguments: [(MissedPolicy.skip, 0), (.last, 1), (.all(5), 5)])
    func aJobThatIsFarBehindIsPassedInPieces(policy: MissedPolicy, madeUp: Int) throws {
        let every = Schedule(.every(seconds: 1, anchor: Timestamp(seconds: 0)))
        let now = Timestamp(seconds: 25_000)
        var (next, missed, queued, passes): (Timestamp?, [Timestamp], [Timestamp], Int) = (Timestamp(seconds: 1), [], [], 0)
        while let from = next, from <= now {
            let passage = Passage(
                of: every, from: from, missed: policy, deadline: .seconds(30), now: now, horizon: now)
            #expect(passage.missed.count + passage.queued.count <= Passage.most)
            (missed, queued, next, passes) = (missed + passage.missed, queued + passage.queued, passage.next, passes + 1)
        }
        #expect(passes == 3)
        #expect(missed + queued == (1...25_000).map { Timestamp(seconds: $0) })
        // 31 of them (0 to 30 s old) are in time, one of which makes up for the last.
        #expect(queued.count == 31 + (madeUp == 1 ? 0 : madeUp))
    }

    /// Wherever the cut falls: before the last late ones, between late and in time, among those in time.
    @Test(arguments: 6...15) func whereThePiecesAreCutMakesNoDifference(most: Int) {
        for (policy, madeUp, seconds) in [
            (MissedPolicy.skip, 0, Int64(40)), (.last, 1, 40), (.last, 0, 10), (.all(5), 5, 40), (.all(5), 5, 10),
        ] {
            let now = minute(20).adding(.seconds(seconds))
            var (next, missed, queued): (Timestamp?, [Timestamp], [Timestamp]) = (minute(0), [], [])
            while let from = next, from <= now {
                let passage = Passage(
                    of: schedule, from: from, missed: policy, deadline: .seconds(30), now: now, horizon: now, most: most)
                (missed, queued, next) = (missed + passage.missed, queued + passage.queued, passage.next)
            }
            let inTime = seconds > 30 ? 0 : 1
            #expect(missed + queued == minutes(0...20), "\(policy)")
            #expect(queued.count == madeUp + inTime, "\(policy), \(seconds) s")
        }
    }
}

@Suite struct MissedPolicyTests {
    @Test func itsWordsAreThoseOfTheJob() {
        guard case .skip = MissedPolicy(word: "skip", limit: 10), case .last = MissedPolicy(word: "last", limit: 10),
            case .all(10) = MissedPolicy(word: "all", limit: 10)
        else {
            Issue.record("a word means another policy")
            return
        }
    }
}
