/// The offsets of one time zone, for all time. Immutable: reading them takes no lock.
public final class ZoneRules: Sendable {
    /// The IANA name, such as `Europe/Oslo`.
    public let id: String
    private let segments: [ZoneSegment]
    private let rule: YearlyRule?

    /// UTC, which no zone data is needed for.
    public static let utc = ZoneRules(id: "UTC", offset: 0)

    /// The rules of a zone from the system's data (`ZoneData`), read at the first use. Nil if there is no zone of exactly this
    /// IANA name (case counts): offsets such as `GMT+3` or `+02:00` are not names.
    public static func named(_ id: String) -> ZoneRules? { ZoneData.rules(named: id) }

    /// Rules from the bytes of a compiled zone file (TZif, RFC 9636), of version 2 or later. Nil if they are not that.
    public init?(id: String, zoneFile bytes: [UInt8]) {
        guard let file = ZoneFile(bytes) else { return nil }
        (self.id, segments, rule) = (id, file.segments, file.rule)
    }

    /// A zone that never changes. `offset` is seconds ahead of UTC, within a day.
    public init(id: String, offset: Int) {
        self.id = id
        segments = [
            ZoneSegment(
                from: ZoneSegment.always.lowerBound, until: ZoneSegment.always.upperBound,
                offset: Int64(max(-86_400, min(86_400, offset))), seenUntil: .min)
        ]
        rule = nil
    }

    /// A zone whose last segment holds for ever.
    init(id: String, segments: [ZoneSegment]) {
        (self.id, self.segments, rule) = (id, segments, nil)
    }

    /// Seconds that the wall clock is ahead of UTC at an instant given in seconds since 1970-01-01T00:00:00Z.
    public func offset(at seconds: Int64) -> Int { Int(segment(containing: seconds).offset) }

    /// What the wall clock shows at an instant, cut to the second.
    public func local(_ instant: Timestamp) -> LocalTime {
        let seconds = instant.seconds
        return LocalTime(secondsSinceEpoch: seconds + segment(containing: seconds).offset)
    }

    /// What the clock does from 2026 to 2100, as bytes: each change of offset and the offset then. Two zones of equal outlines have
    /// the same occurrences to come, whatever else their files say, about the past or how it is packed.
    public var outline: [UInt8] {
        var (bytes, last): ([UInt8], Int64?) = ([], nil)
        var instant: Int64 = 1_767_225_600  // 2026-01-01T00:00:00Z: before it there was no job
        while instant < 4_102_444_800 {
            let segment = segment(containing: instant)
            if segment.offset != last {
                for number in [instant, segment.offset] { withUnsafeBytes(of: number.bigEndian) { bytes += $0 } }
                last = segment.offset
            }
            instant = segment.until
        }
        return bytes
    }

    /// The segment in which an instant lies; an instant beyond `ZoneSegment.always` counts as its end.
    func segment(containing instant: Int64) -> ZoneSegment {
        let last = segments[segments.count - 1]
        if instant >= last.until, let rule { return rule.segment(containing: min(instant, ZoneSegment.always.upperBound - 1)) }
        if instant >= last.from { return last }
        var (low, high) = (0, segments.count - 1)  // segments[low].from <= instant < segments[high].from
        while high - low > 1 {
            let middle = (low + high) / 2
            if segments[middle].from <= instant { low = middle } else { high = middle }
        }
        return segments[low]
    }
}

extension ZoneRules: Hashable {
    /// Whether it is the same zone with the same rules: after a change of the zone data, the same name is not the same zone.
    public static func == (a: ZoneRules, b: ZoneRules) -> Bool {
        a === b || (a.id == b.id && a.rule == b.rule && a.segments == b.segments)
    }

    /// By the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
