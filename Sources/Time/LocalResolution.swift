/// Which instants a wall clock time means in a zone.
public enum LocalResolution: Sendable, Hashable {
    /// The ordinary case.
    case once(Timestamp)
    /// The clock was turned back over it: the wall shows it twice.
    case twice(earlier: Timestamp, later: Timestamp)
    /// The clock was turned forward over it: no wall shows it. The instants are those it would be with the offset that held
    /// after the change (`earlier`, shown as so much before the gap) and with the one before it (`later`, so much after the gap).
    case never(earlier: Timestamp, later: Timestamp)
}

extension ZoneRules {
    /// The instants at which the wall clock shows a time: none in a gap, two where it is turned back, else one.
    public func instants(of local: LocalTime) -> [Timestamp] {
        switch resolve(local) {
        case .once(let instant): [instant]
        case .twice(let earlier, let later): [earlier, later]
        case .never: []
        }
    }

    /// Which instants a wall clock time means, gaps and repeated hours told apart.
    public func resolve(_ local: LocalTime) -> LocalResolution {
        let wall = local.secondsSinceEpoch
        var segment = segment(containing: wall - Self.widestOffset)
        var found: [Timestamp] = []
        while segment.from <= wall + Self.widestOffset {
            if segment.from..<segment.until ~= wall - segment.offset { found.append(Timestamp(seconds: wall - segment.offset)) }
            let next = segment.until < ZoneSegment.always.upperBound ? self.segment(containing: segment.until) : nil
            guard let next else { break }
            if found.isEmpty, wall < next.localFrom, wall - segment.offset >= segment.until {
                return .never(earlier: Timestamp(seconds: wall - next.offset), later: Timestamp(seconds: wall - segment.offset))
            }
            segment = next
        }
        return found.count > 1
            ? .twice(earlier: found[0], later: found[1]) : .once(found.first ?? Timestamp(seconds: wall - segment.offset))
    }

    /// No wall clock is further than this from UTC: 26 hours (RFC 9636 §3.2).
    static let widestOffset: Int64 = 26 * 3600
}
