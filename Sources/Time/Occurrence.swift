/// An occurrence as a person sees it on the wall, for a preview.
public struct Occurrence: Sendable, Hashable {
    /// What a clock change has to do with it.
    public enum Mark: Sendable, Hashable {
        /// The clock left out the times for which it runs (at most ten are told), so it runs where the gap ends, once for all.
        case gap(instead: [LocalTime])
        /// The wall shows this time twice, and this is the first.
        case firstPassing
        /// The wall shows this time twice, and this is the second.
        case secondPassing
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
            let left = CronWalk(pattern: expression.pattern, zone: zone).madeUp(at: instant.seconds, limit: 10)
            if !left.isEmpty { return .gap(instead: left.map { LocalTime(secondsSinceEpoch: $0) }) }
        }
        guard case .twice(let earlier, _) = zone.resolve(local) else { return nil }
        return instant.seconds == earlier.seconds ? .firstPassing : .secondPassing
    }
}
