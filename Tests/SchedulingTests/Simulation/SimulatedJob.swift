import JSON
import TestSupport
import Time

@testable import Scheduling

/// When a job is to run, as the second implementation reads it.
struct Rhythm: Hashable {
    enum Kind: Hashable {
        case cron(String, zone: String)
        case every(seconds: Int64, anchor: Timestamp)
        case at(Timestamp)
        case onDemand
    }

    var kind: Kind
    /// The shortest time between two, in seconds; nil: there are no two.
    var interval: Int64?
    var startsAt: Timestamp?
    var endsAt: Timestamp?

    var json: JSON {
        var json: JSONObject
        switch kind {
        case .cron(let text, let zone): json = ["cron": .string(text), "timezone": .string(zone)]
        case .every(let seconds, let anchor): json = ["every": .string("\(seconds)s"), "anchor": .string(anchor.rfc3339)]
        case .at(let time): json = ["at": .string(time.rfc3339)]
        case .onDemand: return .null
        }
        if let startsAt { json["starts_at"] = .string(startsAt.rfc3339) }
        if let endsAt { json["ends_at"] = .string(endsAt.rfc3339) }
        return .object(json)
    }
}

/// What a job does, and what its target does to it.
struct SimulatedJob {
    let number: Int
    let organization: Int
    let rhythm: Rhythm
    let missed: String
    let missedLimit: Int
    /// As it was said; nil: the default.
    let saidDeadline: Int64?
    let overlap: String
    let retries: JSON
    /// How many seconds its target takes.
    let latencies: [Int64]
    /// So many of a hundred attempts fail.
    let failures: Int

    /// Later than so many seconds after its time an occurrence is missed; nil: never. (product.md §3.)
    func deadline(of rhythm: Rhythm) -> Int64? { saidDeadline ?? rhythm.interval.map { min(max($0 / 2, 30), 3_600) } }

    /// So many late occurrences are made up by a policy.
    func makesUp(by policy: String) -> Int { policy == "skip" ? 0 : policy == "last" ? 1 : missedLimit }

    var draft: JSON {
        var draft: JSONObject = [
            "plugin": "probe", "config": [:], "name": .string("j\(number)"), "schedule": rhythm.json, "missed": .string(missed),
            "missed_limit": .integer(Int64(missedLimit)), "overlap": .string(overlap), "retries": retries, "timeout_ms": 900_000,
        ]
        if let saidDeadline { draft["start_deadline"] = .string("\(saidDeadline)s") }
        return .object(draft)
    }
}
