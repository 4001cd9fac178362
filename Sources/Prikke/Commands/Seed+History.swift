import Scheduling
import Time

/// Histories that never were; the same each time, but for when.
enum Invented {
    typealias Entry = InventedHistory.Entry

    /// Every so many seconds (as a cron expression has them, by UTC), up to now; about so many milliseconds each, more by day than by
    /// night. Of every so many one fails; `json`: they answer with a document.
    static func regular(
        every seconds: Int64, days: Int64, until now: Timestamp, around durationMs: Int, failing each: Int = 97, json: Bool = false
    ) -> [Entry] {
        times(every: seconds, count: days * 86_400 / seconds, until: now).enumerated().map { index, time in
            var entry = Entry(at: time, durationMs: duration(index, time, around: durationMs))
            entry.latenessMs = 1 + noise(index, 9)
            if json {
                (entry.body, entry.contentType) = (Array("{\"imported\": \(noise(index, 2_000)), \"ok\": true}".utf8), "application/json")
            }
            switch index % each {
            case each - 1: entry.fails(.httpStatus, 503, "The target answered 503.", attempts: 3)
            case each - 7: entry.attempts = 2
            default: entry.statusCode = 200
            }
            if entry.status == .success { entry.statusCode = 200 }
            return entry
        }
    }

    /// The last ones fail: with this status, or by the timeout.
    static func broken(every seconds: Int64, days: Int64, until now: Timestamp, last: Int, code: Int?) -> [Entry] {
        let entries = regular(every: seconds, days: days, until: now, around: 240)
        return entries.enumerated().map { index, entry in
            guard index >= entries.count - last else { return entry }
            var entry = Entry(at: entry.scheduledFor, durationMs: code == nil ? 2_000 : 310)
            if let code {
                entry.fails(.httpStatus, code, "The target answered \(code).", attempts: 4)
                entry.body = Array("The upstream did not answer in time.".utf8)
            } else {
                entry.fails(.deadline, nil, "The target did not answer within 2 s.")
                entry.status = .timeout
            }
            return entry
        }
    }

    /// Each takes more than two minutes, so the next starts late, and those between are skipped.
    static func late(every seconds: Int64, count: Int64, until now: Timestamp) -> [Entry] {
        times(every: seconds, count: count, until: now).enumerated().map { index, time in
            var entry = Entry(at: time)
            guard index % 2 == 0 else {
                (entry.status, entry.reason) = (.skipped, .overlap)
                return entry
            }
            (entry.durationMs, entry.statusCode, entry.latenessMs) = (140_000, 200, 80_000 + noise(index, 9_000))
            return entry
        }
    }

    /// All was well, and the last one was missed.
    static func missed(every seconds: Int64, days: Int64, until now: Timestamp) -> [Entry] {
        var entries = regular(every: seconds, days: days, until: now, around: 400)
        guard let time = entries.popLast()?.scheduledFor else { return [] }
        var last = Entry(at: time)
        (last.status, last.reason) = (.missed, .startDeadline)
        return entries + [last]
    }

    /// One of every kind; the last one is scheduled, and was in time.
    static func everything(until now: Timestamp) -> [Entry] {
        let begin = now.adding(.seconds(-2 * 86_400))
        let ran: [(Reason, String)] = [
            (.httpStatus, "The target answered 500."), (.connectFailed, "Connection refused."), (.dnsFailed, "There is no such host."),
            (.tlsFailed, "The certificate has expired."), (.badResponse, "The connection broke off within the answer."),
            (.blockedAddress, "10.0.0.1 is a private address."), (.assertionFailed, "The body does not contain \"done\"."),
            (.leaseLost, "The machine that was running it stopped."), (.deadline, "The target did not answer within 30 s."),
        ]
        var entries = ran.enumerated().map { index, what in
            var entry = Entry(at: begin.adding(.seconds(Int64(index) * 3_600)), durationMs: what.0 == .deadline ? 30_000 : 120)
            entry.fails(what.0, what.0 == .httpStatus ? 500 : what.0 == .assertionFailed ? 200 : nil, what.1, attempts: index % 3 + 1)
            if what.0 == .deadline { entry.status = .timeout }
            entry.trigger = index % 2 == 0 ? .manual : .api
            return entry
        }
        let not: [(ExecutionStatus, Reason)] = [
            (.missed, .startDeadline), (.skipped, .overlap), (.skipped, .limitReached), (.cancelled, .cancelledByUser),
            (.cancelled, .deleted),
        ]
        entries += not.enumerated().map { index, what in
            var entry = Entry(at: begin.adding(.seconds(Int64(index + 10) * 3_600)))
            (entry.status, entry.reason) = what
            return entry
        }
        var stretch = Entry(at: begin.adding(.seconds(16 * 3_600)))
        (stretch.status, stretch.reason) = (.skipped, .paused)
        (stretch.count, stretch.last) = (480, stretch.scheduledFor.adding(.seconds(479 * 60)))
        var last = Entry(at: now.adding(.seconds(-3_600)), durationMs: 90)
        last.statusCode = 200
        return entries + [stretch] + answered(from: begin.adding(.seconds(30 * 3_600))) + [last]
    }

    /// Answers of every kind: a document, bytes, one that was cut, an empty one.
    private static func answered(from begin: Timestamp) -> [Entry] {
        let bodies: [([UInt8], String, Int?)] = [
            (Array("{\"user\": {\"name\": \"Ada <b>\", \"tags\": [1, 2, null]}, \"ok\": true}".utf8), "application/json", nil),
            (Array(0...255), "application/octet-stream", nil), (Array(repeating: 0x61, count: 262_144), "text/plain", 1_048_576),
            ([], "text/plain", nil), (Array("<h1>It works</h1><script>alert(1)</script>".utf8), "text/html", nil),
        ]
        return bodies.enumerated().map { index, answer in
            var entry = Entry(at: begin.adding(.seconds(Int64(index) * 600)), durationMs: 80 + index)
            (entry.body, entry.contentType, entry.size) = answer
            (entry.statusCode, entry.trigger) = (200, [.replay, .manual][index % 2])
            return entry
        }
    }

    private static func times(every seconds: Int64, count: Int64, until now: Timestamp) -> [Timestamp] {
        let last = (now.seconds - 1) / seconds
        return (0..<count).map { Timestamp(seconds: (last - count + 1 + $0) * seconds) }
    }

    private static func duration(_ index: Int, _ time: Timestamp, around middle: Int) -> Int {
        let isDay = (7...19).contains(time.seconds / 3_600 % 24)
        let outlier = index % 41 == 40 ? middle * 6 : 0
        return max(1, middle * 3 / 4 + noise(index, middle / 2) + (isDay ? middle / 3 : 0) + outlier)
    }

    /// From 0 up to a number, by the place in a row.
    private static func noise(_ index: Int, _ bound: Int) -> Int { (index &* 7_919 &+ index / 7 &* 104_729) % max(1, bound) }
}

extension InventedHistory.Entry {
    fileprivate mutating func fails(_ reason: Reason, _ code: Int?, _ message: String, attempts: Int = 1) {
        (status, self.reason, statusCode, self.message, self.attempts) = (.failed, reason, code, message, attempts)
        body = Array((code == 200 ? "almost" : "Service Unavailable").utf8)
    }
}
