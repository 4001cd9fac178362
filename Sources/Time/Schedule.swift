/// When a job is due: a rule, the zone whose wall clock it goes by, and the time within which it holds.
public struct Schedule: Sendable, Hashable {
    /// The rule.
    public enum Kind: Sendable, Hashable {
        /// By the wall clock of the zone.
        case cron(CronExpression)
        /// Each so many seconds (at least 1) of elapsed time, counted from the anchor, which is the first occurrence; without an
        /// anchor from `startsAt`, else from 1970-01-01T00:00:00Z. Zones do not matter to it.
        case every(seconds: Int64, anchor: Timestamp?)
        /// Once.
        case at(Timestamp)
        /// Only when asked.
        case onDemand
    }

    /// The rule.
    public var kind: Kind
    /// The zone whose wall clock a cron expression goes by, and in which `words` are told.
    public var zone: ZoneRules
    /// No occurrence is before it.
    public var startsAt: Timestamp?
    /// No occurrence is at it or after it.
    public var endsAt: Timestamp?

    /// A schedule; `zone` is UTC unless said, and nothing bounds it unless said.
    public init(_ kind: Kind, zone: ZoneRules = .utc, startsAt: Timestamp? = nil, endsAt: Timestamp? = nil) {
        (self.kind, self.zone, self.startsAt, self.endsAt) = (kind, zone, startsAt, endsAt)
    }

    /// The first occurrence later than an instant, nil if there is none.
    public func next(after instant: Timestamp) -> Timestamp? {
        var after = instant
        if let startsAt, after < startsAt { after = Timestamp(microseconds: max(startsAt.microseconds, 1 + .min) - 1) }
        guard let next = unboundedNext(after: after) else { return nil }
        if let endsAt, next >= endsAt { return nil }
        return next
    }

    private func unboundedNext(after instant: Timestamp) -> Timestamp? {
        switch kind {
        case .cron(let expression): expression.next(after: instant, in: zone)
        case .every(let seconds, let anchor): Self.next(after: instant, every: seconds, from: anchor ?? startsAt ?? Timestamp(seconds: 0))
        case .at(let moment): moment > instant ? moment : nil
        case .onDemand: nil
        }
    }

    private static func next(after instant: Timestamp, every seconds: Int64, from anchor: Timestamp) -> Timestamp? {
        if instant < anchor { return anchor }
        let (step, overflow) = max(1, seconds).multipliedReportingOverflow(by: 1_000_000)
        let (elapsed, overflow2) = instant.microseconds.subtractingReportingOverflow(anchor.microseconds)
        if overflow || overflow2 { return nil }
        let (next, overflow3) = instant.microseconds.addingReportingOverflow(step - elapsed % step)
        return overflow3 ? nil : Timestamp(microseconds: next)
    }

    /// The last occurrence earlier than an instant, nil if there is none.
    public func previous(before instant: Timestamp) -> Timestamp? {
        let before = endsAt.map { min($0, instant) } ?? instant
        let previous: Timestamp?
        switch kind {
        case .cron(let expression): previous = expression.previous(before: before, in: zone)
        case .every(let seconds, let anchor):
            previous = Self.previous(before: before, every: seconds, from: anchor ?? startsAt ?? Timestamp(seconds: 0))
        case .at(let moment): previous = moment < before ? moment : nil
        case .onDemand: previous = nil
        }
        guard let previous else { return nil }
        if let startsAt, previous < startsAt { return nil }
        return previous
    }

    private static func previous(before instant: Timestamp, every seconds: Int64, from anchor: Timestamp) -> Timestamp? {
        guard instant > anchor else { return nil }
        let (step, overflow) = max(1, seconds).multipliedReportingOverflow(by: 1_000_000)
        let (elapsed, overflow2) = (instant.microseconds - 1).subtractingReportingOverflow(anchor.microseconds)
        return overflow || overflow2 ? anchor : Timestamp(microseconds: instant.microseconds - 1 - elapsed % step)
    }

    /// The occurrences from `start` (included) to `end` (excluded), in order, at most `limit` of them.
    public func occurrences(from start: Timestamp, to end: Timestamp, limit: Int) -> [Timestamp] {
        var found: [Timestamp] = []
        var after = Timestamp(microseconds: max(start.microseconds, 1 + .min) - 1)
        while found.count < limit, let next = next(after: after), next < end {
            found.append(next)
            after = next
        }
        return found
    }

    /// The shortest time between two occurrences on days without a clock change, in seconds. Nil where there are no two.
    public var shortestInterval: Int64? {
        switch kind {
        case .cron(let expression): expression.shortestInterval
        case .every(let seconds, _): max(1, seconds)
        case .at, .onDemand: nil
        }
    }

    /// How many occurrences a year has on average while the schedule holds: for forecasts. 0 where there is no rhythm.
    public var averagePerYear: Double {
        switch kind {
        case .cron(let expression): expression.averagePerYear
        case .every(let seconds, _): 365.2425 * 86_400 / Double(max(1, seconds))
        case .at, .onDemand: 0
        }
    }
}
