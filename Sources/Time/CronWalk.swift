/// Walks over a zone's segments and finds the instants at which its wall clock shows what a pattern asks for.
///
/// The fixed-time family follows a clock that is never turned back, only stands still until the wall has caught up, and that
/// hurries through a gap in one instant: `ZoneSegment.seenUntil` is that clock. So a time in a gap fires at the gap's end, and
/// a repeated one only at its first passing. The wildcard family follows the wall.
struct CronWalk {
    let pattern: CronPattern
    let zone: ZoneRules

    /// A jump this long or longer is not a clock change but a change of place (Apia left out a whole day in 2011, Casey moves
    /// by three hours): as in Debian's cron, what was due in it is not made up.
    private static let tooLongToMakeUp: Int64 = 3 * 3600
    private static let earliest: Int64 = -62_135_596_800  // 0001-01-01T00:00:00Z
    private static let latest: Int64 = 253_402_300_799  // 9999-12-31T23:59:59Z
    /// After 400 years the calendar repeats, and long before that every zone does.
    private static let horizon: Int64 = 146_097 * 86_400
    /// More than a wall clock can be turned back or forward at once.
    private static let slack = 2 * ZoneRules.widestOffset

    /// The first instant from `start` on, in seconds.
    func next(from start: Int64) -> Int64? {
        var from = max(start, Self.earliest)
        let end = min(from + Self.horizon, Self.latest)
        while from <= end {
            let segment = zone.segment(containing: from)
            let wall = pattern.isWildcard ? from + segment.offset : max(from + segment.offset, segment.seenUntil)
            let gap = from == segment.from ? gapMadeUp(before: segment) : nil
            guard let found = pattern.first(from: gap ?? wall, through: end + ZoneRules.widestOffset) else { return nil }
            if found < wall { return from }
            let instant = found - segment.offset
            if instant < segment.until { return instant <= end ? instant : nil }
            // Nothing on the wall matches from here to `found`, so segments that end well before it need no look; except that
            // the next may show again what the wall showed before `from`.
            from = segment.until - from < Self.slack ? segment.until : max(segment.until, found - Self.slack)
        }
        return nil
    }

    /// The last instant up to `end`, in seconds.
    func previous(through end: Int64) -> Int64? {
        var until = min(end, Self.latest)
        let start = max(until - Self.horizon, Self.earliest)
        while until >= start {
            let segment = zone.segment(containing: until)
            let wall = pattern.isWildcard ? segment.localFrom : max(segment.localFrom, segment.seenUntil)
            guard let found = pattern.last(through: until + segment.offset, from: start - ZoneRules.widestOffset) else { return nil }
            if found >= wall {
                let instant = found - segment.offset
                return instant >= start ? instant : nil
            }
            if let gap = gapMadeUp(before: segment), found >= gap, found < segment.localFrom {
                return segment.from >= start ? segment.from : nil
            }
            until = until - segment.from < Self.slack ? segment.from - 1 : min(segment.from - 1, found + Self.slack)
        }
        return nil
    }

    /// The wall clock times that an instant makes up for, at most `limit` of them: those that fell into the gap ending there.
    func madeUp(at instant: Int64, limit: Int) -> [Int64] {
        let segment = zone.segment(containing: instant)
        guard instant == segment.from, var from = gapMadeUp(before: segment) else { return [] }
        var times: [Int64] = []
        while times.count < limit, let time = pattern.first(from: from, through: segment.localFrom - 1) {
            times.append(time)
            from = time + 1
        }
        return times
    }

    /// Where on the wall the gap before a segment begins, if what fell into it is made up.
    private func gapMadeUp(before segment: ZoneSegment) -> Int64? {
        guard !pattern.isWildcard, segment.seenUntil < segment.localFrom, segment.from > Self.earliest else { return nil }
        return segment.localFrom - segment.seenUntil < Self.tooLongToMakeUp ? segment.seenUntil : nil
    }
}
