import Testing
import Time

@testable import Scheduling

/// What the headers of an answer ask for.
struct SteeringTests {
    private func steering(_ headers: [(String, String)], status: Int = 503, isExpected: Bool = false) -> Steering {
        Steering(status: status, isExpected: isExpected, headers: headers.map { (name: $0, value: $1) }, now: noon)
    }

    private func retryAfter(_ value: String, status: Int = 503) -> Duration? {
        steering([("Retry-After", value)], status: status).leastWait
    }

    @Test(arguments: [
        ("0", 0), ("1", 1), ("120", 120), ("007", 7), ("3600", 3_600), ("3601", 3_600), ("999999999999", 3_600),
        ("9223372036854775807", 3_600), ("9223372036854775808", 3_600), ("99999999999999999999999999999999999999", 3_600),
    ])
    func secondsAreTakenUpToAnHour(value: String, seconds: Int) { #expect(retryAfter(value) == .seconds(seconds)) }

    /// Noon is 2026-06-01T12:00:00Z, a Monday.
    @Test(arguments: [
        ("Mon, 01 Jun 2026 12:01:00 GMT", 60), ("Monday, 01-Jun-26 12:01:00 GMT", 60), ("Mon Jun  1 12:01:00 2026", 60),
        ("Mon Jun 01 12:01:00 2026", 60), ("Mon, 01 Jun 2026 11:59:59 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0), ("Sun Nov  6 08:49:37 1994", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 3_600),
        ("Mon, 01 Jun 0001 00:00:00 GMT", 0), ("Monday, 01-Jun-75 12:00:00 GMT", 3_600), ("Monday, 01-Jun-77 12:00:00 GMT", 0),
    ])
    func aDateOfEachFormIsTakenUpToAnHour(value: String, seconds: Int) { #expect(retryAfter(value) == .seconds(seconds)) }

    @Test(arguments: [
        "", "-1", "+1", "1.5", "1e3", "soon", "10m", "١", "0x10", "1 2", "Mon, 32 Jun 2026 12:01:00 GMT", "Mon, 01 Jun 2026 25:00:00 GMT",
        "Mon, 01 Jun 2026 12:01:00", "Mon, 01 Jun 2026 12:01:00 CET", "Mon, 01 jun 2026 12:01:00 GMT", "Mon, 1 Jun 2026 12:01:00 GMT",
        "Monday, 01-Jun-+6 12:01:00 GMT", "Mon Jun  1 12:01:00 26", "2026-06-01T12:01:00Z", ",,,,,", "     ", " , ",
        "Mon, 29 Feb 2026 12:01:00 GMT",
    ])
    func whatIsNeitherIsPassedOver(value: String) { #expect(retryAfter(value) == nil) }

    @Test(arguments: [200, 302, 404, 408, 500, 502])
    func retryAfterCountsOnlyWith429And503(status: Int) {
        #expect(retryAfter("60", status: status) == nil)
        #expect(retryAfter("60", status: 429) == .seconds(60))
    }

    @Test func anyBytesAtAllAreReadWithoutATrap() {
        var random = SystemRandomNumberGenerator()
        let pieces = ["Mon", ",", " ", "  ", "01", "Jun", "2026", "12:00:00", "GMT", "-", "9", "é", "\u{0}", ":", "99999999999"]
        for _ in 0..<5_000 {
            let value = (0..<Int.random(in: 0...9, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let wait: Duration? = steering([("Retry-After", value), ("Prikke-Retry-After", value), ("Prikke-Pause", value)]).leastWait
            #expect(wait ?? .zero >= .zero && wait ?? .zero <= .seconds(3_600), "\(value)")
        }
    }

    @Test(arguments: [
        ("10m", 600), ("0s", 0), ("1d", 86_400), ("2d", 86_400), ("999999999d", 86_400),
    ])
    func prikkeRetryAfterSetsTheNextAttemptUpToADay(value: String, seconds: Int) {
        let steering = steering([("prikke-retry-after", value), ("Retry-After", "7")])
        #expect(steering.wait(insteadOf: .seconds(30)) == .seconds(seconds))
    }

    @Test(arguments: ["", "10", "-1m", "m", "10 m", "1w", "9999999999d"])
    func aPrikkeRetryAfterThatIsNoDurationIsPassedOver(value: String) {
        #expect(steering([("Prikke-Retry-After", value)]).wait(insteadOf: .seconds(30)) == .seconds(30))
    }

    @Test func retryAfterIsTheLeastWaitAndThePlansBackoffMayBeLonger() {
        #expect(steering([("Retry-After", "60")]).wait(insteadOf: .seconds(30)) == .seconds(60))
        #expect(steering([("Retry-After", "60")]).wait(insteadOf: .seconds(90)) == .seconds(90))
        #expect(steering([]).wait(insteadOf: .seconds(30)) == .seconds(30))
    }

    @Test func neverEndsTheRetriesWhateverElseIsSaid() {
        var outcome = Outcome(reason: .httpStatus, statusCode: 503)
        #expect(outcome.isWorthRetrying)
        outcome.steering = steering([("Retry-After", "1"), ("prikke-retry", "Never"), ("Prikke-Retry-After", "1s")])
        #expect(!outcome.isWorthRetrying)
        outcome.steering = steering([("Prikke-Retry", "nevermore")])
        #expect(outcome.isWorthRetrying)
    }

    @Test func aPauseEndsTheRetriesAndKeepsTheTargetsReason() {
        var outcome = Outcome(reason: .httpStatus, statusCode: 503)
        outcome.steering = steering([("Prikke-Pause", "maintenance till Monday"), ("Prikke-Retry-After", "1s")])
        #expect(outcome.steering.pause == "maintenance till Monday" && !outcome.isWorthRetrying)
    }

    @Test func goneIsAPauseUnlessTheJobExpectsIt() {
        #expect(steering([], status: 410).pause == "The target answered 410 Gone.")
        #expect(steering([("Prikke-Pause", "moved")], status: 410).pause == "moved")
        #expect(steering([], status: 410, isExpected: true).pause == nil)
        #expect(steering([("Prikke-Pause", "enough")], status: 200, isExpected: true).pause == "enough")
        #expect(steering([], status: 404).pause == nil)
    }

    @Test func aReasonIsBoundedAndHoldsNothingThatActs() {
        func reason(_ text: String) -> String? { steering([("Prikke-Pause", text)]).pause }
        #expect(reason("a\u{1B}[31mb\u{0}\u{202E}c\u{200B}\u{2028}d\te") == "a[31mbcde")
        #expect(reason("") == "The target asked to be paused." && reason(" \u{7F} ") == "The target asked to be paused.")
        #expect(reason(String(repeating: "ü", count: 16_000))?.unicodeScalars.count == 200)
        #expect(reason(String(repeating: "e" + String(repeating: "\u{301}", count: 400), count: 20))?.unicodeScalars.count == 200)
    }
}
