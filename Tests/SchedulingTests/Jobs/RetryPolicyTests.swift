import JSON
import Testing

@testable import Scheduling

/// Draws the largest number that may be drawn.
private struct Highest: RandomNumberGenerator { mutating func next() -> UInt64 { .max } }

@Suite struct RetryPolicyTests {
    private func waits(_ json: JSON, _ retries: ClosedRange<Int> = 1...4) -> [Duration] {
        var highest = Highest()
        return retries.map { RetryPolicy(json).wait(beforeRetry: $0, using: &highest) }
    }

    @Test func aFixedWaitStaysTheSame() {
        #expect(waits(["backoff": "fixed", "initial": "10s"]) == [.seconds(10), .seconds(10), .seconds(10), .seconds(10)])
    }

    @Test func theLastWaitOfAListGoesOn() {
        #expect(waits(["backoff": ["1s", "1m"]]) == [.seconds(1), .seconds(60), .seconds(60), .seconds(60)])
    }

    @Test func noWaitIsLongerThanTheMaximum() {
        #expect(waits(["backoff": "fixed", "initial": "10m", "maximum": "1m"]) == [Duration](repeating: .seconds(60), count: 4))
        #expect(waits(["backoff": ["1s", "1h"], "maximum": "1m"]) == [.seconds(1), .seconds(60), .seconds(60), .seconds(60)])
        #expect(waits(["initial": "30s", "maximum": "100s"]) == [.seconds(30), .seconds(60), .seconds(100), .seconds(100)])
    }

    @Test func anExponentialWaitDoublesFromHalfAMinuteToAnHour() {
        #expect(waits([:], 1...9).map { $0 / .seconds(1) } == [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600])
    }

    @Test func theLongestWaitsDoNotOverflow() {
        #expect(waits(["initial": "366d", "maximum": "366d"], 1...11) == [Duration](repeating: .seconds(366 * 86_400), count: 11))
        #expect(waits(["initial": "999999999d", "maximum": "999999999d"], 11...11) == [.seconds(999_999_999 * 86_400)])
        #expect(waits(["initial": "0s"]) == [Duration](repeating: .zero, count: 4))
    }

    @Test func anExponentialWaitIsDrawnEvenlyFromNothing() {
        var random = SystemRandomNumberGenerator()
        let policy = RetryPolicy(["initial": "100s"])
        let waits = (0..<2_000).map { _ in policy.wait(beforeRetry: 1, using: &random) / .seconds(1) }
        let quarters = Dictionary(grouping: waits) { min(3, Int($0 / 25)) }.mapValues(\.count)
        // Each quarter gets 500 on average; 380 is more than six standard deviations below.
        #expect(quarters.count == 4 && quarters.values.allSatisfy { $0 > 380 }, "\(quarters)")
        #expect(waits.allSatisfy { 0...100 ~= $0 })
    }
}
