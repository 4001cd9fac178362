import Testing
import Time

@Suite struct CronWordsTests {
    @Test(arguments: [
        ("*/15 9-17 * * 1-5", "Every 15 minutes from 09:00 to 17:45, Monday to Friday"),
        ("0 2 * * 1-5", "At 02:00, Monday to Friday"),
        ("0 2 * * *", "At 02:00, every day"),
        ("* * * * *", "Every minute"),
        ("*/5 * * * *", "Every 5 minutes"),
        ("0 * * * *", "Every hour"),
        ("30 * * * *", "At 30 minutes past every hour"),
        ("1 * * * *", "At 1 minute past every hour"),
        ("0 */2 * * *", "Every 2 hours from 00:00 to 22:00"),
        ("0 */12 * * *", "At 00:00 and 12:00, every day"),
        ("30 9-17/2 * * *", "Every 2 hours from 09:30 to 17:30"),
        ("0 8,12,20 * * *", "At 08:00, 12:00 and 20:00, every day"),
        ("0,30 9 * * *", "At 09:00 and 09:30, every day"),
        ("*/7 * * * *", "At minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour"),
        ("5,10 9-17 * * *", "At minutes 5 and 10 of every hour from 09 to 17"),
        ("0,30 9-17 * * *", "Every 30 minutes from 09:00 to 17:30"),
        ("7/15 * * * *", "Every 15 minutes from minute 7 of every hour"),
        ("15,45 8,13,17,20 * * *", "At minutes 15 and 45 of the hours 08, 13, 17 and 20"),
        ("*/45 * * * *", "At minutes 0 and 45 of every hour"),
        ("0 1/2 * * *", "Every 2 hours from 01:00 to 23:00"),
        ("* 9 * * *", "Every minute from 09:00 to 09:59"),
        ("*/20 8,13,17 * * *", "Every 20 minutes of the hours 08, 13 and 17"),
        ("3 0,1,5,7,9,20,22 * * *", "At 00:03, 01:03, 05:03, 07:03, 09:03, 20:03 and 22:03, every day"),
        ("0 9 1 * *", "At 09:00, on the 1st of the month"),
        ("0 9 1,15 jan,jun *", "At 09:00, on the 1st and 15th of January and June"),
        ("0 9 L * *", "At 09:00, on the last day of the month"),
        ("0 9 15,LW * *", "At 09:00, on the 15th and the last weekday (Monday to Friday) of the month"),
        ("0 9 * * 5L", "At 09:00, on the last Friday of the month"),
        ("0 9 * * mon#2", "At 09:00, on the 2nd Monday of the month"),
        ("0 9 * * 0,6", "At 09:00, on Saturday and Sunday"),
        ("0 9 * * sun", "At 09:00, on Sunday"),
        ("0 9 13 * fri", "At 09:00, on the 13th of the month or on Friday"),
        ("0 9 */10 * mon", "At 09:00, on the 1st, 11th, 21st and 31st of the month, but only on Monday"),
        ("0 9 1-7 * *", "At 09:00, on the 1st to 7th of the month"),
        ("0 9 * 3-5 *", "At 09:00, every day in March to May"),
        ("@monthly", "At 00:00, on the 1st of the month"),
        ("0 6,18 * * *", "At 06:00 and 18:00, every day"),
        ("0 9-12,14-18 * * 1-5", "Every hour from 09:00 to 12:00 and from 14:00 to 18:00, Monday to Friday"),
        ("0 22-23,0-5 * * *", "Every hour from 00:00 to 05:00 and at 22:00 and 23:00"),
        ("*/15 9-12,14-18 * * *", "Every 15 minutes of the hours 09 to 12 and 14 to 18"),
        ("*/10 9-10 * * *", "Every 10 minutes from 09:00 to 10:50"),
        ("0-10 * * * *", "At minutes 0 to 10 of every hour"),
        ("30-59 9 * * *", "Every minute from 09:30 to 09:59"),
        ("0 0 */2 * *", "At 00:00, on every 2nd day from the 1st to the 31st of the month"),
        ("0 0 25 12 *", "At 00:00, on the 25th of December"),
        ("0 0 L 2 *", "At 00:00, on the last day of February"),
        ("0 0 1,15 6-8 1-5", "At 00:00, on the 1st and 15th of the month or Monday to Friday, in June to August"),
        ("0 0 1-7 * */7", "At 00:00, on the 1st to 7th of the month, but only on Sunday"),
        ("0 0 * * mon#1,mon#3", "At 00:00, on the 1st Monday and the 3rd Monday of the month"),
        ("0 0 * * 3,5L", "At 00:00, on Wednesday and the last Friday of the month"),
        ("0,20,40 9,13,17 * * *", "Every 20 minutes of the hours 09, 13 and 17"),
    ])
    func anExpressionIsToldInWords(text: String, words: String) throws {
        #expect(try CronExpression(text).words(in: .utc) == "\(words) (UTC)")
    }

    @Test(arguments: [
        ("* * * * * *", "Every second"), ("*/10 * * * * *", "Every 10 seconds"), ("30 * * * * *", "At second 30 of every minute"),
        ("5/10 * * * * *", "At seconds 5, 15, 25, 35, 45 and 55 of every minute"),
        ("15 30 2 * * *", "At 02:30:15, every day"), ("*/10 30 2 * * 1", "Every 10 seconds of the minute, at 02:30, on Monday"),
        ("0 */5 * * * *", "Every 5 minutes"), ("* * 9 * * *", "Every second from 09:00 to 09:59:59"),
        ("10 */5 * * * *", "At second 10 of the minute, every 5 minutes"), ("1-5 * * * * *", "At seconds 1 to 5 of every minute"),
    ])
    func secondsAreToldInWords(text: String, words: String) throws {
        #expect(try CronExpression(text, seconds: true).words(in: .utc) == "\(words) (UTC)")
    }

    @Test func otherSchedulesAreToldInWords() throws {
        let oslo = try #require(ZoneRules.named("Europe/Oslo"))
        let instant = Timestamp(seconds: 1_795_395_600)
        #expect(Schedule(.every(seconds: 300, anchor: nil)).words == "Every 5 minutes")
        #expect(Schedule(.every(seconds: 86_400, anchor: nil)).words == "Every 24 hours")
        #expect(Schedule(.every(seconds: 3600, anchor: instant)).words == "Every hour, counted from 2026-11-23 01:00 (UTC)")
        #expect(Schedule(.every(seconds: 90, anchor: nil)).words == "Every 90 seconds")
        #expect(Schedule(.at(instant), zone: oslo).words == "Once, on 2026-11-23 02:00 (Europe/Oslo)")
        #expect(Schedule(.onDemand).words == "Only on demand")
        #expect(
            Schedule(.every(seconds: 60, anchor: nil), zone: oslo, endsAt: instant).words
                == "Every minute, until 2026-11-23 02:00 (Europe/Oslo)")
    }
}
