/// Something about a schedule that is right and yet may surprise.
public struct ScheduleWarning: Sendable, Hashable {
    /// Which, for programs. The raw value is stable.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Both day fields are restricted, so either is enough.
        case eitherDay = "dom_and_dow_or"
        /// A day field such as `*/2` begins with a star, so both day fields must hold.
        case starStep = "star_step"
        /// A step is so large that only the first value remains.
        case stepExceedsField = "step_exceeds_field"
        /// An occurrence within a year falls into the hour that the clock leaves out.
        case gap = "dst_gap"
        /// An occurrence within a year falls into the hour that the clock shows twice.
        case fold = "dst_fold"
        /// It is of the fixed-time family and runs at midnight on the minute: when half the world's schedules run.
        case crowdedMinute = "crowded_minute"
    }

    /// Which, for programs.
    public let code: Code
    /// What will happen, as a whole sentence.
    public let sentence: String
}

extension CronExpression {
    /// What may surprise about the expression itself, in whichever zone.
    public var warnings: [ScheduleWarning] {
        var warnings: [ScheduleWarning] = []
        let (date, weekday) = (fields.dayOfMonth, fields.dayOfWeek)
        if !date.beginsWithStar, !weekday.beginsWithStar {
            let sentence = "Day of month and day of week are both restricted: it fires on each day that either of them names."
            warnings.append(ScheduleWarning(code: .eitherDay, sentence: sentence))
        } else if date.beginsWithStar && !date.isFull && !weekday.isFull || weekday.beginsWithStar && !weekday.isFull && !date.isFull {
            let sentence = "A day field that begins with * only narrows the other: it fires on days that both of them name."
            warnings.append(ScheduleWarning(code: .starStep, sentence: sentence))
        }
        for field in [fields.second, fields.minute, fields.hour, date, fields.month, weekday] {
            for item in field.items {
                guard case .range(let first, _, let step) = item, step > 1, field.keeping(item).values.nonzeroBitCount == 1 else {
                    continue
                }
                let sentence = "The step \(step) is too large for the \(field.kind.words): only \(first) remains."
                warnings.append(ScheduleWarning(code: .stepExceedsField, sentence: sentence))
            }
        }
        // Not for other hours on the hour: whoever writes 02:00 wants it at 02:00, and the crowd is at midnight.
        if !pattern.isWildcard, pattern.minutes == 1, pattern.seconds == 1, pattern.hours & 1 != 0 {
            let sentence = "Very many schedules run at 00:00, and targets are slowest then: a few minutes past the hour is calmer."
            warnings.append(ScheduleWarning(code: .crowdedMinute, sentence: sentence))
        }
        return warnings
    }
}
