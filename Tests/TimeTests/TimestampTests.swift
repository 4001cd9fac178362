import Testing
import Time

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999Z", -1), ("2026-11-23T02:00:00.5+01:00", 1_795_395_600_500_000),
        ("2000-02-29T00:00:00-00:00", 951_782_400_000_000), ("2026-11-23t01:00:00.1234567899z", 1_795_395_600_123_456),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
    ])
    func anRFC3339TextIsRead(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026-11-23", "2026-11-23T01:00:00", "2026-11-23 01:00:00Z", "2026-11-23T01:00Z", "2026-02-29T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T01:00:60Z", "2026-11-23T01:00:00.Z", "2026-11-23T01:00:00+0100", "2026-11-23T01:00:00+24:00", "2026-11-23T01:00:00Z ",
        "+2026-11-23T01:00:00Z", "2026-1-23T01:00:00Z", "2026-00-23T01:00:00Z", "２026-11-23T01:00:00Z", "2026-11-23T01:00:00,5Z",
    ])
    func whatIsNotRFC3339IsRefused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func textsHaveSixDigitsOrNone() {
        let instant = Timestamp(microseconds: 1_795_395_600_000_070)
        #expect(instant.rfc3339 == "2026-11-23T01:00:00.000070Z")
        #expect("\(instant)" == instant.rfc3339)
        #expect(instant.rfc3339Seconds == "2026-11-23T01:00:00Z")
        #expect(Timestamp(microseconds: -1).rfc3339Seconds == "1969-12-31T23:59:59Z")
    }

    @Test func arithmeticStaysAtTheEndsOfTheRange() {
        #expect(Timestamp(seconds: .max).microseconds == .max)
        #expect(Timestamp(seconds: .min).microseconds == .min)
        #expect(Timestamp(seconds: 1).adding(.seconds(Int64.max)).microseconds == .max)
        #expect(Timestamp(seconds: 1).adding(.seconds(Int64.min)).microseconds == .min)
        #expect(Timestamp(microseconds: .max).adding(.nanoseconds(-1500)).microseconds == .max - 1)
        #expect(
            Timestamp(microseconds: .min).duration(to: Timestamp(microseconds: .max)) == .microseconds(Int64.max) - .microseconds(Int64.min)
        )
        #expect(Timestamp(microseconds: -1).seconds == -1)
        #expect(!Timestamp(microseconds: .max).rfc3339.isEmpty && !Timestamp(microseconds: .min).rfc3339.isEmpty)
    }

    @Test func everyDayOfAThousandYearsGoesThereAndBack() {
        var seconds = Int64(-14_831_769_600)  // 1500-01-01
        for _ in 0..<365_243 {
            let local = LocalTime(secondsSinceEpoch: seconds)
            #expect(local.secondsSinceEpoch == seconds)
            seconds += 86_400
        }
        #expect("\(LocalTime(secondsSinceEpoch: seconds))" == "2500-01-01T00:00:00")
    }

    @Test(
        arguments: [
            ("30s", 30, "30s"), ("5m", 300, "5m"), ("120s", 120, "2m"), ("24h", 86_400, "1d"), ("0m", 0, "0s"), ("007d", 604_800, "7d"),
        ] as [(String, Int64, String)])
    func aShortDurationIsReadAndWrittenShortest(text: String, seconds: Int64, shortest: String) {
        #expect(ShortDuration(text)?.seconds == seconds)
        #expect(ShortDuration(text)?.text == shortest)
    }

    @Test(arguments: ["", "s", "5", "-5m", "5 m", "5M", "1.5h", "1w", "1234567890s", "m5", "٥m"])
    func whatIsNotAShortDurationIsRefused(text: String) {
        #expect(ShortDuration(text) == nil)
    }
}
