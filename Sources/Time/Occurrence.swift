/// An occurrence as a person sees it on the wall, for a preview.
public struct Occurrence: Sendable, Hashable {
    /// What a clock change has to do with it.
    public enum Mark: Sendable, Hashable {
        /// The clock leaves out the time for which it runs, so it runs where the gap ends.
        case gap(instead: LocalTime)
        /// Several times of the schedule fall on this instant, which is one run: those that the clock leaves out, and perhaps
        /// the time that it shows then. The first ten of them, and how many they are.
        case coalesced(times: [LocalTime], count: Int)
        /// The wall shows this time twice, and this is the first.
        case firstPassing
        /// The wall shows this time twice, and this is the second.
        case secondPassing

        /// Which, for programs; stable: `gap`, `coalesced`, `fold_first` or `fold_second`.
        public var kind: String {
            switch self {
            case .gap: "gap"
            case .coalesced: "coalesced"
            case .firstPassing: "fold_first"
            case .secondPassing: "fold_second"
            }
        }
    }

    /// When.
    public let instant: Timestamp
    /// What the wall clock of the zone shows then.
    public let local: LocalTime
    /// Seconds that it is ahead of UTC then.
    public let offset: Int
    /// Nil on ordinary days.
    public let mark: Mark?
}

extension Occurrence {
    /// `2026-03-29T03:00:00+02:00`: the wall's time, cut to the second, with its offset.
    public var rfc3339Local: String { "\(local)\(offsetText)" }

    /// `+02:00`; with seconds (`+00:43:08`) before a zone had whole minutes.
    public var offsetText: String {
        var bytes: [UInt8] = [UInt8(ascii: offset < 0 ? "-" : "+")]
        let (minutes, seconds) = (abs(offset) / 60, abs(offset) % 60)
        for (index, part) in [minutes / 60, minutes % 60, seconds].enumerated() where index < 2 || part > 0 {
            if index > 0 { bytes.append(UInt8(ascii: ":")) }
            appendDigits(part, count: 2, to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The mark as one sentence for people; nil on ordinary days.
    public var sentence: String? {
        switch mark {
        case nil: nil
        case .gap(let time): "The clock leaves out \(time.timeOfDay) that day; the run is at the end of the gap."
        case .coalesced(let times, let count):
            count > times.count
                ? "\(count) times, from \(times[0].timeOfDay) on, fall on this instant, because the clock leaves some out; it is one run."
                : "\(list(times.map(\.timeOfDay))) fall on this instant, because the clock leaves some out; it is one run."
        case .firstPassing: "The clock shows \(local.timeOfDay) twice that day; this is the first time."
        case .secondPassing: "The clock shows \(local.timeOfDay) twice that day; this is the second time."
        }
    }
}

extension Schedule {
    /// The next occurrences after an instant, at most `count`, as the zone's wall shows them.
    public func preview(after instant: Timestamp, count: Int) -> [Occurrence] {
        var shown: [Occurrence] = []
        var after = instant
        while shown.count < count, let next = next(after: after) {
            let local = zone.local(next)
            shown.append(Occurrence(instant: next, local: local, offset: zone.offset(at: next.seconds), mark: mark(next, local)))
            after = next
        }
        return shown
    }

    private func mark(_ instant: Timestamp, _ local: LocalTime) -> Occurrence.Mark? {
        if case .cron(let expression) = kind {
            let times = CronWalk(pattern: expression.pattern, zone: zone).times(at: instant.seconds)
            if times.count > 1 { return .coalesced(times: times.prefix(10).map { LocalTime(secondsSinceEpoch: $0) }, count: times.count) }
            if let time = times.first { return .gap(instead: LocalTime(secondsSinceEpoch: time)) }
        }
        guard case .twice(let earlier, _) = zone.resolve(local) else { return nil }
        return instant.seconds == earlier.seconds ? .firstPassing : .secondPassing
    }
}

extension CronWalk {
    /// The wall clock times that a run at the end of a gap stands for, at least one of them in the gap; else none.
    fileprivate func times(at instant: Int64) -> [Int64] {
        let left = madeUp(at: instant, limit: .max)
        let wall = instant + zone.segment(containing: instant).offset
        return left.isEmpty || pattern.first(from: wall, through: wall) == nil ? left : left + [wall]
    }
}
