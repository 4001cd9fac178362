extension Schedule {
    /// What may surprise: about the expression, and what the clock changes of the year that follows an instant do to it.
    public func warnings(from instant: Timestamp) -> [ScheduleWarning] {
        guard case .cron(let expression) = kind else { return [] }
        return expression.warnings + clockChanges(expression, from: instant.seconds)
    }

    private func clockChanges(_ expression: CronExpression, from start: Int64) -> [ScheduleWarning] {
        // By real minutes at every hour: a clock change takes nothing from it and adds nothing.
        if expression.pattern.isWildcard, expression.fields.hour.isFull { return [] }
        var warnings: [ScheduleWarning] = []
        var segment = zone.segment(containing: start)
        while segment.until < start + 366 * 86_400 {
            segment = zone.segment(containing: segment.until)
            guard let warning = warning(expression.pattern, at: segment), !warnings.contains(where: { $0.code == warning.code }) else {
                continue
            }
            warnings.append(warning)
        }
        return warnings
    }

    private func warning(_ pattern: CronPattern, at change: ZoneSegment) -> ScheduleWarning? {
        let isGap = change.seenUntil < change.localFrom
        let (from, until) = isGap ? (change.seenUntil, change.localFrom) : (change.localFrom, change.seenUntil)
        guard pattern.first(from: from, through: until - 1) != nil else { return nil }
        let (before, after) = (LocalTime(secondsSinceEpoch: change.seenUntil), LocalTime(secondsSinceEpoch: change.localFrom))
        let isMadeUp = !CronWalk(pattern: pattern, zone: zone).madeUp(at: change.from, limit: 1).isEmpty
        let effect =
            switch (isGap, pattern.isWildcard) {
            case (true, _): isMadeUp ? "what is due in between runs once, at the end of the gap" : "what is due in between does not run"
            case (false, true): "what is due in between runs twice"
            case (false, false): "what is due in between runs once, the first time"
            }
        let sentence = "The clock in \(zone.id) goes from \(before) to \(after): \(effect)."
        return ScheduleWarning(code: isGap ? .gap : .fold, sentence: sentence)
    }
}
