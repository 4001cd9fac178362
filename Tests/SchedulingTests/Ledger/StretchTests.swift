import Testing
import Time

@testable import Scheduling

@Suite struct StretchTests {
    private func minutes(_ range: Range<Int64>) -> [Timestamp] { range.map { Timestamp(seconds: $0 * 60) } }

    @Test func aHundredAreRowsOfTheirOwn() {
        let (stretch, entries) = Stretch.adding(minutes(0..<100), .paused, to: nil)
        #expect(entries == minutes(0..<100).map { .row(first: $0, last: $0, count: 1) })
        #expect(stretch == Stretch(from: minutes(0..<1)[0], reason: .paused, rowFrom: minutes(0..<1)[0], rowCount: 100))
    }

    @Test func oneMoreMakesThemOneRowThatGrows() {
        let (stretch, _) = Stretch.adding(minutes(0..<100), .paused, to: nil)
        let (more, entries) = Stretch.adding(minutes(100..<101), .paused, to: stretch)
        let times = minutes(0..<103)
        #expect(entries == [.growth(first: times[0], last: times[100], count: 101, instead: true)])
        let (_, again) = Stretch.adding(minutes(101..<103), .paused, to: more)
        #expect(again == [.growth(first: times[0], last: times[102], count: 103, instead: false)])
    }

    @Test func anotherReasonIsAnotherStretch() {
        let (stretch, _) = Stretch.adding(minutes(0..<150), .paused, to: nil)
        let (other, entries) = Stretch.adding(minutes(150..<300), .limitReached, to: stretch)
        let times = minutes(150..<300)
        #expect(entries == [.row(first: times[0], last: times[149], count: 150)] && other?.from == times[0])
    }

    @Test func aRowSpansADayAtMostAndTheStretchGoesOn() {
        let (stretch, entries) = Stretch.adding(minutes(0..<3_000), .startDeadline, to: nil)
        let times = minutes(0..<3_000)
        #expect(
            entries == [
                .row(first: times[0], last: times[1_439], count: 1_440), .row(first: times[1_440], last: times[2_879], count: 1_440),
                .row(first: times[2_880], last: times[2_999], count: 120),
            ])
        #expect(stretch?.from == times[0] && stretch?.rowFrom == times[2_880] && stretch?.rowCount == 120)
    }

    @Test func nothingMoreChangesNothing() {
        let (stretch, _) = Stretch.adding(minutes(0..<3), .paused, to: nil)
        #expect(Stretch.adding([], .limitReached, to: stretch).stretch == stretch)
        #expect(Stretch.adding([], .limitReached, to: stretch).entries.isEmpty)
    }
}
