import Foundation
import JSON
import TestSupport
import Time

/// Draws a hundred jobs: most run a few times a day or week, some every few minutes for a day or two around a clock change.
struct Roster {
    static let zones = [
        "Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Chatham", "Antarctica/Troll",
        "America/Santiago", "Asia/Kathmandu", "America/St_Johns", "Europe/London", "Africa/Cairo", "America/Nuuk", "UTC",
    ]

    let start: Timestamp
    let end: Timestamp
    let zoneNames: MovingZones

    func draw(_ count: Int, using random: inout Seeded) -> [SimulatedJob] {
        (0..<count).map { number in
            let rhythm = rhythm(number, using: &random)
            let isCrowded = (rhythm.interval ?? 0) == 300
            let missed = pick(["skip", "last", "all"], &random)
            return SimulatedJob(
                number: number, organization: Int.random(in: 0..<3, using: &random), rhythm: rhythm, missed: missed,
                missedLimit: pick([1, 3, 10], &random), saidDeadline: pick([nil, nil, 30, 120, 600], &random),
                overlap: pick(["skip", "queue", "allow"], &random), retries: pick(Self.retries, &random),
                latencies: isCrowded ? [1, 60, 400, 700] : pick([[1], [1, 2], [1, 5, 10], [5, 15, 60], [10, 60, 300]], &random),
                failures: pick([0, 0, 5, 30], &random))
        }
    }

    private static let retries: [JSON] = [
        ["limit": 0], ["limit": 0], ["limit": 2, "backoff": "fixed", "initial": "30s"], ["limit": 3, "initial": "10s", "maximum": "5m"],
    ]

    func rhythm(_ number: Int, using random: inout Seeded) -> Rhythm {
        let zone = pick(Self.zones, &random)
        let minute = pick([0, 0, 0, 0, 0, 30], &random)
        let night = pick([0, 1, 2, 2, 3, 3], &random)
        func cron(_ text: String, every interval: Int64, window: ClosedRange<Timestamp>? = nil) -> Rhythm {
            Rhythm(
                kind: .cron(text, zone: zoneNames.name(of: zone)), interval: interval, startsAt: window?.lowerBound,
                endsAt: window?.upperBound)
        }
        switch number % 20 {
        case 0..<6: return cron("\(minute) \(night) * * *", every: 86_400)
        case 6, 7: return cron("\(minute) \(pick([6, 9, 12, 23], &random)) * * 1-5", every: 86_400)
        case 8: return cron("\(minute) \(night) * * \(pick(["0", "7", "0L", "6#1"], &random))", every: 604_800)
        case 9: return cron("\(minute) \(night) \(pick(["L", "LW", "1", "*/2"], &random)) * *", every: 86_400)
        case 10, 11: return cron("\(minute) */\(pick([6, 8, 12], &random)) * * *", every: 6 * 3_600)
        case 12: return cron("\(minute) \(pick(["1-3", "0,2,3"], &random)) * * *", every: 3_600)
        case 13, 14:
            let hours = Int64(pick([6, 12, 24], &random))
            return Rhythm(kind: .every(seconds: hours * 3_600, anchor: start.adding(.seconds(minute * 60))), interval: hours * 3_600)
        case 15: return cron("\(minute) * * * *", every: 3_600, window: window(of: zone, hours: 36, &random))
        case 16: return cron("*/15 * * * *", every: 900, window: window(of: zone, hours: 12, &random))
        case 17: return cron("*/5 * * * *", every: 300, window: window(of: zone, hours: 4, &random))
        case 18 where number < 60: return Rhythm(kind: .at(moment(&random)))
        case 18: return cron("0,30 1-3 * * *", every: 1_800)
        default: return Rhythm(kind: .onDemand)
        }
    }

    /// A stretch around one of the zone's clock changes, or around any moment.
    private func window(of id: String, hours: Int, _ random: inout Seeded) -> ClosedRange<Timestamp> {
        var changes: [Timestamp] = []
        var date = Date(timeIntervalSince1970: Double(start.seconds))
        while let next = TimeZone(identifier: id)?.nextDaylightSavingTimeTransition(after: date),
            Int64(next.timeIntervalSince1970) < end.seconds
        {
            changes.append(Timestamp(seconds: Int64(next.timeIntervalSince1970)))
            date = next
        }
        let middle = changes.randomElement(using: &random) ?? moment(&random)
        return middle.adding(.seconds(-hours * 1_800))...middle.adding(.seconds(hours * 1_800))
    }

    private func moment(_ random: inout Seeded) -> Timestamp {
        Timestamp(seconds: Int64.random(in: (start.seconds / 60 + 60)...(end.seconds / 60 - 60), using: &random) * 60)
    }

    private func pick<Value>(_ choices: [Value], _ random: inout Seeded) -> Value {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }
}
