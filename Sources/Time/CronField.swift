/// One field of a cron expression, as written: a list of items.
struct CronField: Sendable, Hashable {
    /// Which field: its names in errors, its range, and the words that stand for numbers in it.
    enum Kind: String, Sendable, CaseIterable {
        case second
        case minute
        case hour
        case dayOfMonth = "day_of_month"
        case month
        case dayOfWeek = "day_of_week"
    }

    /// One part of the list between commas.
    enum Item: Sendable, Hashable {
        /// `*`, `7`, `1-5`, `*/2`, `1-5/2`, `10/2`: first, then every step-th, to last at most.
        case range(first: Int, last: Int, step: Int)
        /// `L` in the day of the month.
        case lastDay
        /// `LW`: the last day of the month that is a Monday to Friday.
        case lastWorkday
        /// `5L`: the last such weekday (0 is Sunday) of the month.
        case last(weekday: Int)
        /// `mon#2`: the second such weekday of the month.
        case nth(weekday: Int, number: Int)
    }

    var kind: Kind
    var items: [Item]
    /// The first character is `*`. What that means is the field's business: see `CronDays` and `CronPattern.isWildcard`.
    var beginsWithStar: Bool

    /// The values that the ranges of the field name; of a weekday, 7 as 0.
    var values: UInt64 {
        var values: UInt64 = 0
        for case .range(let first, let last, let step) in items {
            for value in stride(from: first, through: last, by: step) { values |= 1 << (kind == .dayOfWeek ? value % 7 : value) }
        }
        return values
    }

    /// Whether the field lets every value through.
    var isFull: Bool { values == Self(kind: kind, items: [kind.everything], beginsWithStar: true).values }

    /// The field with one of its items alone.
    func keeping(_ item: Item) -> CronField { CronField(kind: kind, items: [item], beginsWithStar: beginsWithStar) }

    /// One value alone, such as the second 0 of an expression of five fields.
    static func single(_ kind: Kind, _ value: Int) -> CronField {
        CronField(kind: kind, items: [.range(first: value, last: value, step: 1)], beginsWithStar: false)
    }
}

extension CronField.Kind {
    var range: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7  // Sunday at both ends, as every cron has it
        }
    }

    var everything: CronField.Item { .range(first: range.lowerBound, last: range.upperBound, step: 1) }

    /// As it stands in a sentence.
    var words: String {
        switch self {
        case .dayOfMonth: "day of month"
        case .dayOfWeek: "day of week"
        default: rawValue
        }
    }

    /// The words for numbers, the first for `firstNamed`.
    var names: [String] {
        switch self {
        case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        default: []
        }
    }

    var firstNamed: Int { self == .month ? 1 : 0 }
}
