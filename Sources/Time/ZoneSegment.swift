/// A stretch of time in which a zone keeps one offset.
struct ZoneSegment: Sendable, Hashable {
    /// The first second of it, since 1970-01-01T00:00:00Z. `ZoneSegment.always.lowerBound` for the first segment of a zone.
    var from: Int64
    /// The first second after it.
    var until: Int64
    /// Seconds that the wall clock is ahead of UTC.
    var offset: Int64
    /// The latest wall clock time (in seconds, exclusive) shown before this segment began. Where it lies behind the wall
    /// clock at `from`, what is between fell into a gap; where it lies ahead, what is between is shown a second time.
    var seenUntil: Int64

    /// Beyond every `Timestamp`, and far enough from the ends of `Int64` that offsets and days can be added.
    static let always: Range<Int64> = -(1 << 60)..<(1 << 60)

    /// What the wall clock shows at `from`.
    var localFrom: Int64 { from + offset }
}
