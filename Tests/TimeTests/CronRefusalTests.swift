import Glibc
import TestSupport
import Testing
import Time

@Suite struct CronRefusalTests {
    @Test(
        arguments: [
            ("", "empty", nil, "five fields are needed, such as 0 9 * * mon-fri"),
            (" \t ", "empty", nil, "five fields are needed, such as 0 9 * * mon-fri"),
            ("0 2 * *", "field_count", nil, "they are minute hour day-of-month month day-of-week"),
            ("5", "field_count", nil, "they are minute hour day-of-month month day-of-week"),
            ("0 0 2 * * *", "seconds_field", nil, "six fields, seconds first, need \"seconds\": true"),
            ("0 2 * * * 2026", "year_field", nil, "leave out the year; ends_at ends a schedule"),
            ("0 0 2 * * * 2026", "year_field", nil, "leave out the year; ends_at ends a schedule"),
            ("0 0 12 * * * *", "year_field", nil, "leave out the year; ends_at ends a schedule"),
            ("0 2 * * * /bin/true", "seconds_field", nil, "six fields, seconds first, need \"seconds\": true"),
            ("0 24 * * *", "out_of_range", "hour", "did you mean 0?"),
            ("60 * * * *", "out_of_range", "minute", "did you mean 0?"),
            ("75 * * * *", "out_of_range", "minute", "did you mean 15?"),
            ("0 0 0 * *", "out_of_range", "day_of_month", "did you mean 1, or L for the last day?"),
            ("0 0 32 * *", "out_of_range", "day_of_month", "did you mean L, the last day of the month?"),
            ("0 0 * 0 *", "out_of_range", "month", "January is 1"),
            ("0 0 * 13 *", "out_of_range", "month", "write a number from 1 to 12"),
            ("0 0 * * 8", "out_of_range", "day_of_week", "Sunday is 0 or 7"),
            ("0 0 * * mon#6", "out_of_range", "day_of_week", "5L is the last Friday"),
            ("0 0 * * mon#0", "out_of_range", "day_of_week", "5L is the last Friday"),
            ("0 17-9 * * *", "backward_range", "hour", "write 17-23,0-9"),
            ("0 0 * * fri-mon", "backward_range", "day_of_week", "write 5-6,0-1"),
            ("0 0 * * sat-sun", "backward_range", "day_of_week", "Sunday at the end of a range is 7: 6-7"),
            ("0 0 * nov-jan *", "backward_range", "month", "write 11-12,1"),
            ("*/0 * * * *", "zero_step", "minute", "the smallest step is 1"),
            ("0 0 ? * *", "question_mark", "day_of_month", "write * for every value"),
            ("0 0 15W * *", "nearest_weekday", "day_of_month", "only LW, the last weekday of the month, is"),
            ("0 0 w * *", "nearest_weekday", "day_of_month", "only LW, the last weekday of the month, is"),
            ("0~30 * * * *", "random_range", "minute", "choose a value yourself"),
            ("0 2 * * * # nightly", "comment", nil, "put it in the name of the job"),
            ("#0 2 * * *", "comment", nil, "put it in the name of the job"),
            ("TZ=Europe/Oslo 0 2 * * *", "timezone_prefix", nil, "put it in the field timezone"),
            ("cron_tz=UTC 0 2 * * *", "timezone_prefix", nil, "put it in the field timezone"),
            ("@reboot", "reboot_macro", nil, "nothing reboots here; give five fields or @daily"),
            ("@fortnightly", "unknown_macro", nil, "there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually"),
            ("@daily 5", "field_count", nil, "leave out what follows it"),
            ("0 0 30 2 *", "never_fires", "day_of_month", "L is the last day of any month"),
            ("0 0 31 4,6,9,11 *", "never_fires", "day_of_month", "L is the last day of any month"),
            ("0 0 */30 feb 2L", "never_fires", "day_of_month", "L is the last day of any month"),
            ("0 0 * * monday", "unknown_name", "day_of_week", "did you mean mon?"),
            ("0 0 * januar *", "unknown_name", "month", "did you mean jan?"),
            ("0 0 * * xyz", "unknown_name", "day_of_week", "the names are sun mon tue wed thu fri sat"),
            ("0 0 * * L", "syntax", "day_of_week", "5L is the last Friday of the month"),
            ("0 0 L-3 * *", "syntax", "day_of_month", "L is the last day and LW the last weekday of the month"),
            ("00005 * * * *", "number_too_long", "minute", "write at most 4"),
            ("0 0 * * 99999999999999999999", "number_too_long", "day_of_week", "write at most 4"),
            ("0 0 jan * *", "syntax", "day_of_month", "jan belongs in the field month"),
            ("0 0 * mon *", "unknown_name", "month", "mon belongs in the field day of week"),
            ("0 0 * * L5", "unknown_name", "day_of_week", "5L is the last Friday of the month"),
            ("H/15 * * * *", "random_range", "minute", "choose a value yourself"),
            ("@every 5m", "unknown_macro", nil, "put the interval in the field every, as in 5m"),
            ("59-0 * * * *", "backward_range", "minute", "write 59,0"),
            ("0 0 * * 7-1", "backward_range", "day_of_week", "write 7,0-1"),
            ("0 0 * * 7-0", "backward_range", "day_of_week", "write 7"),
            ("1- * * * *", "syntax", "minute", "a field is *, 5, 1-5, */2, 10/2, or several of these with commas"),
            (", * * * *", "syntax", "minute", "leave out the comma"),
            ("5/0 * * * *", "zero_step", "minute", "the smallest step is 1"),
            ("0 2 * * 1–5", "invalid_character", nil, "use plain ASCII letters, digits, blanks and tabs"),
            ("0 2 * * *\n", "invalid_character", nil, "use plain ASCII letters, digits, blanks and tabs"),
            ("0 2 * * \0", "invalid_character", nil, "use plain ASCII letters, digits, blanks and tabs"),
            (String(repeating: "0,", count: 128) + "0 * * * *", "too_long", nil, "write ranges and steps instead of lists"),
        ] as [(String, String, String?, String?)])
    func aRefusalNamesItsFieldAndTheRemedy(text: String, code: String, field: String?, hint: String?) throws {
        let error = try #require(throws: CronError.self) { try CronExpression(text) }
        #expect(error.code == code, "\(error)")
        #expect(error.field == field, "\(error)")
        #expect(error.hint == hint, "\(error)")
        #expect(CronError.Code(rawValue: error.code) != nil)
    }

    @Test(arguments: [
        "1,,2 * * * *", ",1 * * * *", "1, * * * *", "1- * * * *", "-1 * * * *", "1-2-3 * * * *", "*5 * * * *", "*-5 * * * *", "5* * * * *",
        "*/ * * * *", "/5 * * * *", "*/5/2 * * * *", "+5 * * * *", "1.5 * * * *", "0x5 * * * *", "a * * * *", "mon * * * *", "0 0 * * 5LL",
        "0 0 * * L5", "0 0 * * 1-5L", "0 0 * * 5L/2", "0 0 * * 1#2#3", "0 0 * * 1#", "0 0 * * #2", "0 0 * * mon-2#1", "0 0 * * *#2",
        "0 0 LW-1 * *",
        "0 0 WL * *", "0 0 5L * *", "0 0 L/2 * *", "0 0 * janfeb *", "0 L * * *", "0 0 * L *", "0 0 * 3L *", "H * * * *", "0 0 * * 5W",
        "0 0 1-LW * *",
    ])
    func whatIsNotOfTheDialectIsRefused(text: String) {
        #expect(throws: CronError.self) { try CronExpression(text) }
        #expect(throws: CronError.self) { try CronExpression(text, seconds: true) }
    }

    @Test func anErrorReadsAsOneSentence() throws {
        let error = try #require(throws: CronError.self) { try CronExpression("0 24 * * *") }
        #expect("\(error)" == "hour 24 is out of range 0–23; did you mean 0?")
    }

    @Test(arguments: ["30 0 2 * * *", "@daily", "*/10 * * * * *"])
    func sixFieldsAreReadOnlyWhereAskedFor(text: String) throws {
        #expect(try CronExpression(text, seconds: true).hasSeconds)
        let error = try #require(throws: CronError.self) { try CronExpression("0 2 * * *", seconds: true) }
        #expect(error.hint == "they are second minute hour day-of-month month day-of-week")
    }

    @Test(arguments: [
        ("0 2 * * MON-Fri", "0 2 * * 1-5"), ("\t0  02 *\t* 1-5 ", "0 2 * * 1-5"), ("0 0 * JaN-mar sun", "0 0 * 1-3 0"),
        ("0 0 * * 7", "0 0 * * 0"),
        ("0008 0009 * * *", "8 9 * * *"), ("10/20 * * * *", "10,30,50 * * * *"), ("0 0 * * friL", "0 0 * * 5l"),
        ("0 0 * * 7#2", "0 0 * * SUN#2"),
        ("@Daily", "0 0 * * *"), ("0 7-7 * * *", "0 7 * * *"), ("0 0 * * 0-7", "0 0 * * *"), ("0 0 * * 6-7/2", "0 0 * * 6"),
        ("0 0 * * sun-mon", "0 0 * * 0,1"), ("*/2,5 * * * *", "5,*/2 * * * *"), ("0 0 *,5 * 1", "0 0 * * 1"),
        ("*/100 * * * *", "0 * * * *"),
        ("0 0 5,*/2 * 1", "0 0 1-31/2 * 1"), ("@ANNUALLY", "@yearly"), ("0 0 * * 5-7", "0 0 * * 0,5,6"), ("0 0 * * 2/5", "0 0 * * 0,2"),
        ("0 0 lw * *", "0 0 LW * *"),
    ])
    func twoSpellingsMeanTheSame(one: String, other: String) throws {
        let (a, b) = (try CronExpression(one), try CronExpression(other))
        let (start, end) = (Timestamp(seconds: 1_767_225_600), Timestamp(seconds: 1_893_456_000))
        #expect(a.occurrences(from: start, to: end, limit: 500, in: .utc) == b.occurrences(from: start, to: end, limit: 500, in: .utc))
    }

    /// Bytes at random, bytes of the dialect at random, and good expressions with a byte changed: an answer or an error, and
    /// never a trap, whatever is asked of what could be read.
    @Test func nothingTrapsTheParser() async throws {
        var random = Seeded(state: 7)
        let zones = try ["UTC", "Europe/Oslo", "Pacific/Apia", "Antarctica/Troll"].map { try #require(ZoneRules.named($0)) }
        var read = 0
        for round in 0..<(isLongRun ? 1_000_000 : 100_000) {
            if round % 500 == 0 { await Task.yield() }
            guard let expression = try? CronExpression(Self.text(round, &random), seconds: round % 32 == 3) else { continue }
            read += 1
            let start = Timestamp(microseconds: round % 50 == 0 ? Int64(bitPattern: random.next()) : Int64(random.next() >> 10))
            let schedule = Schedule(.cron(expression), zone: zones[round % zones.count])
            #expect(!schedule.words.isEmpty)
            #expect(schedule.next(after: Timestamp(seconds: 0)) != nil || round % zones.count > 0)
            guard isLongRun || read % 10 == 0 else { continue }
            _ = schedule.previous(before: start)
            #expect(schedule.occurrences(from: start, to: Timestamp(microseconds: .max), limit: 3).count <= 3)
            #expect(schedule.preview(after: start, count: 3).allSatisfy { $0.mark == nil || $0.sentence != nil })
            #expect(expression.shortestInterval > 0 && expression.averagePerYear > 0)
            _ = schedule.warnings(from: Timestamp(seconds: start.seconds % 10_000_000_000))
        }
        #expect(read > 5_000)
    }

    private static let alphabet = Array("0123456789 *,-/#LWlw@?~ \tmonfeb=TZ".utf8)
    private static let good = [
        "*/15 9-17 * * 1-5", "0 0 29 2 *", "30 2 L * *", "@monthly", "0,30 1-3 1,15 jan-mar mon#2", "5/10 */2 LW 2,11 fril",
        "10 59 23 31 12 7",
    ].map { Array($0.utf8) }

    private static func text(_ round: Int, _ random: inout Seeded) -> String {
        func byte() -> UInt8 { alphabet[Int(random.next() % UInt64(alphabet.count))] }
        if round % 4 == 3 {
            var bytes = good[Int(random.next() % UInt64(good.count))]
            for _ in 0..<(random.next() % 3) {
                let place = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 4 {
                case 0 where bytes.count > 1: bytes.remove(at: place)
                case 1: bytes.insert(byte(), at: place)
                default: bytes[place] = byte()
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        let length = Int(random.next() % (round % 100 == 0 ? 300 : 24))
        let bytes = (0..<length).map { _ in round % 4 == 0 ? UInt8(random.next() >> 56) : byte() }
        let text = String(decoding: round % 2 == 1 ? bytes.prefix(6) : bytes[...], as: UTF8.self)
        return round % 2 == 1 ? "\(text) * * * *" : text
    }

    @Test func theSlowestTextsAreReadAndSearchedWithinFiveMilliseconds() throws {
        let oslo = try #require(ZoneRules.named("Europe/Oslo"))
        let lists = "0 0 " + (1...60).map { "\($0 % 7)#5" }.joined(separator: ",") + " 2 *"
        let texts = [
            "0 0 29 2 */7", "*/5 2 25-31 3 */7", "0 0 30 2 *", "0 0 */30 2 2L", String(repeating: "*,", count: 124) + "* * * * *", lists,
            "0 0 * * " + Array(repeating: "5L", count: 82).joined(separator: ","), "59 23 31 12 *", String(repeating: "*", count: 256),
        ]
        for text in texts {
            var best = Int.max
            for _ in 0..<5 {
                let start = cpuNanoseconds()
                let expression = try? CronExpression(text)
                _ = expression?.next(after: Timestamp(seconds: 1_767_225_600), in: oslo)
                _ = expression?.shortestInterval
                _ = expression?.averagePerYear
                best = min(best, cpuNanoseconds() - start)
            }
            #expect(best < 5_000_000, "\(text)")
        }
    }
}

/// What this thread has used of a processor: other work on the machine does not count.
private func cpuNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
