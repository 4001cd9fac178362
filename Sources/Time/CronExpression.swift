/// A cron expression: five fields (minute, hour, day of month, month, day of week), or six with seconds first.
///
/// The dialect is that of Debian's cron, with names in any case, `a/n`, `L`, `LW`, `5L` and `mon#2` besides. At clock changes
/// there are two families, as in that cron:
/// - *fixed-time*, neither minute nor hour beginning with `*`: what falls into a gap runs once at the gap's end, and a
///   repeated hour counts once, the first time;
/// - *wildcard*, all others: goes by real minutes, makes nothing up and runs through both passings of a repeated hour.
///
/// A change of three hours or more (a skipped day) makes nothing up in either. Reading a text takes microseconds whatever it
/// holds, and every search ends: an expression that can never fire is refused.
public struct CronExpression: Sendable, Hashable {
    /// The expression as given.
    public let text: String
    /// Whether it was read with a field of seconds.
    public let hasSeconds: Bool
    let fields: CronFields
    let pattern: CronPattern

    /// Reads an expression of at most 256 bytes; `seconds` says that it has six fields, seconds first.
    /// - Throws: `CronError`, naming the field and what to write instead.
    public init(_ text: String, seconds: Bool = false) throws(CronError) {
        fields = try CronFields(text, seconds: seconds)
        pattern = CronPattern(fields)
        guard pattern.days.contains(dayIn: pattern.months) else {
            throw CronError(
                .neverFires, .dayOfMonth, "the expression never fires: none of its months has such a day",
                hint: "L is the last day of any month")
        }
        (self.text, hasSeconds) = (text, seconds)
    }

    /// The first occurrence later than an instant, in a zone. Nil if there is none within 400 years or by the end of the year
    /// 9999: the calendar and its zones having repeated by then, there is none at all.
    public func next(after instant: Timestamp, in zone: ZoneRules) -> Timestamp? {
        CronWalk(pattern: pattern, zone: zone).next(from: instant.seconds + 1).map { Timestamp(seconds: $0) }
    }

    /// The last occurrence earlier than an instant, in a zone. Nil if there is none within 400 years or since the year 1.
    public func previous(before instant: Timestamp, in zone: ZoneRules) -> Timestamp? {
        CronWalk(pattern: pattern, zone: zone).previous(through: instant.secondsRoundedUp - 1).map { Timestamp(seconds: $0) }
    }

    /// The occurrences from `start` (included) to `end` (excluded), in order, at most `limit` of them.
    public func occurrences(from start: Timestamp, to end: Timestamp, limit: Int, in zone: ZoneRules) -> [Timestamp] {
        let walk = CronWalk(pattern: pattern, zone: zone)
        var found: [Timestamp] = []
        var from = start.secondsRoundedUp
        while found.count < limit, let next = walk.next(from: from), Timestamp(seconds: next) < end {
            found.append(Timestamp(seconds: next))
            from = next + 1
        }
        return found
    }

    /// The same text, read the same way.
    public static func == (a: CronExpression, b: CronExpression) -> Bool { a.text == b.text && a.hasSeconds == b.hasSeconds }

    /// By the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension CronExpression: CustomStringConvertible {
    /// The expression as given.
    public var description: String { text }
}
