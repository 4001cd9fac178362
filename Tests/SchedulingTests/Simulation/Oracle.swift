import TestSupport
import Time

/// Says when jobs were to run: the second implementation, minute by minute, which shares nothing with `Sources/Time`.
struct Oracle {
    private let start: Timestamp
    private let end: Timestamp
    /// Some are named otherwise than what they are; a mutant's say what is wrong.
    private var zones: MovingZones
    private var known: [Rhythm.Kind: [Timestamp]] = [:]

    init(start: Timestamp, end: Timestamp, zones: MovingZones = MovingZones()) { (self.start, self.end, self.zones) = (start, end, zones) }

    /// New data is there: what it says of a zone holds from then on, and for all that is still to be compared.
    mutating func take(_ zones: MovingZones, of id: String) {
        self.zones = zones
        known = known.filter { kind, _ in
            if case .cron(_, let zone) = kind { zones.id(of: zone) != id } else { true }
        }
    }

    /// The occurrences from `first` on and before `last`.
    mutating func occurrences(of rhythm: Rhythm, from first: Timestamp, to last: Timestamp) -> [Timestamp] {
        let all = all(rhythm.kind)
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle] < first { low = middle + 1 } else { high = middle }
        }
        return all[low...].prefix { $0 < last }.filter { time in
            rhythm.startsAt.map { time >= $0 } ?? true && rhythm.endsAt.map { time < $0 } ?? true
        }
    }

    /// Of the whole simulation, and of the day after it.
    private mutating func all(_ kind: Rhythm.Kind) -> [Timestamp] {
        if let known = known[kind] { return known }
        let (first, last) = (Int(start.seconds / 60), Int(end.seconds / 60) + 1_440)
        var found: [Timestamp] = []
        switch kind {
        case .cron(let text, let zone):
            var slow = SlowCron(text, ahead: zones.offset(of: zones.id(of: zone)))
            found = slow.run(from: first, to: last).map { Timestamp(seconds: Int64($0) * 60) }
        case .every(let seconds, let anchor):
            found = (first...last).map { Timestamp(seconds: Int64($0) * 60) }.filter { time in
                time >= anchor && (time.seconds - anchor.seconds) % seconds == 0
            }
        case .at(let time): found = [time]
        case .onDemand: found = []
        }
        known[kind] = found
        return found
    }
}
