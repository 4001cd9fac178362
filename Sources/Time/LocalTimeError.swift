/// A wall clock time that does not say which instant is meant: a clock change left it out, or shows it twice.
public struct LocalTimeError: Error, Sendable, Hashable {
    /// Which of the two.
    public enum Kind: String, Sendable, Hashable {
        /// The clock is turned forward over it.
        case doesNotExist = "local_time_in_gap"
        /// The clock is turned back over it.
        case existsTwice = "local_time_ambiguous"
    }

    /// Which of the two; its raw value is stable.
    public let kind: Kind
    /// The time asked for.
    public let local: LocalTime
    /// The zone's name.
    public let zone: String
    /// The two instants to choose from.
    public let earlier, later: Timestamp
}

extension LocalTimeError: CustomStringConvertible {
    /// One sentence with both candidates.
    public var description: String {
        let what = kind == .doesNotExist ? "does not exist" : "exists twice"
        let choice = "choose \(earlier.rfc3339Seconds) (\"resolve\": \"earlier\") or \(later.rfc3339Seconds) (\"resolve\": \"later\")"
        return "\(local) \(what) in \(zone), because of a clock change; \(choice)"
    }
}

extension ZoneRules {
    /// Which of two instants is meant where a wall clock time has two.
    public enum Choice: String, Sendable, Hashable {
        case earlier
        case later
    }

    /// The one instant of a wall clock time.
    /// - Throws: `LocalTimeError` with both candidates if there are none or two and no choice was made.
    public func instant(of local: LocalTime, choosing choice: Choice? = nil) throws(LocalTimeError) -> Timestamp {
        let (kind, earlier, later): (LocalTimeError.Kind, Timestamp, Timestamp)
        switch resolve(local) {
        case .once(let instant): return instant
        case .twice(let first, let second): (kind, earlier, later) = (.existsTwice, first, second)
        case .never(let first, let second): (kind, earlier, later) = (.doesNotExist, first, second)
        }
        switch choice {
        case .earlier: return earlier
        case .later: return later
        case nil: throw LocalTimeError(kind: kind, local: local, zone: id, earlier: earlier, later: later)
        }
    }
}
