import Glibc

/// An instant as a count of microseconds since 1970-01-01T00:00:00Z, leap seconds not counted (as POSIX and Postgres do).
///
/// The range is that of `Int64`, about 292,000 years either way; what has an RFC 3339 text is years 0000 to 9999.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z, negative before it.
    public var microseconds: Int64

    /// The instant so many microseconds after 1970-01-01T00:00:00Z.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The instant so many seconds after 1970-01-01T00:00:00Z; a count too large for microseconds becomes the last (or
    /// first) instant there is.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        microseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// What this machine's clock says. Never for deciding what is due: that is the database clock's business.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down (also before 1970).
    public var seconds: Int64 { floorDivision(microseconds, 1_000_000).quotient }

    /// The first whole second that is not before this instant.
    var secondsRoundedUp: Int64 {
        let (seconds, fraction) = floorDivision(microseconds, 1_000_000)
        return fraction > 0 ? seconds + 1 : seconds
    }

    /// This instant moved by a duration, cut to whole microseconds; beyond the range it stays at the range's end.
    public func adding(_ duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (step, overflow2) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        let (sum, overflow3) = microseconds.addingReportingOverflow(step)
        if overflow || overflow2 || overflow3 { return Timestamp(microseconds: seconds < 0 ? .min : .max) }
        return Timestamp(microseconds: sum)
    }

    /// How long it is from this instant to another: negative when the other is earlier.
    public func duration(to other: Timestamp) -> Duration {
        .microseconds(other.microseconds) - .microseconds(microseconds)
    }

    /// The earlier instant is the smaller.
    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
}

/// Division that rounds down, so that the remainder is never negative: -1 divided by 60 is -1, remainder 59.
/// `divisor` is positive.
@inline(__always)
func floorDivision(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}
