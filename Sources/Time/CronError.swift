/// Why a text is not a cron expression of ours: which field, what is wrong, and what to write instead.
public struct CronError: Error, Sendable, Hashable {
    /// What is wrong, for programs. The raw value is stable.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case empty
        case tooLong = "too_long"
        case invalidCharacter = "invalid_character"
        case timezonePrefix = "timezone_prefix"
        case comment
        case unknownMacro = "unknown_macro"
        case rebootMacro = "reboot_macro"
        case fieldCount = "field_count"
        case secondsField = "seconds_field"
        case yearField = "year_field"
        case syntax
        case unknownName = "unknown_name"
        case numberTooLong = "number_too_long"
        case outOfRange = "out_of_range"
        case backwardRange = "backward_range"
        case zeroStep = "zero_step"
        case questionMark = "question_mark"
        case nearestWeekday = "nearest_weekday"
        case randomRange = "random_range"
        case neverFires = "never_fires"
    }

    /// What is wrong, for programs: the raw value of a `Code`.
    public let code: String
    /// `second`, `minute`, `hour`, `day_of_month`, `month` or `day_of_week`; nil where no one field is at fault.
    public let field: String?
    /// What is wrong, as half a sentence: `hour 24 is out of range 0–23`.
    public let message: String
    /// What to write instead, as half a sentence or a question: `did you mean 0?`.
    public let hint: String?

    init(_ code: Code, _ field: CronField.Kind? = nil, _ message: String, hint: String? = nil) {
        (self.code, self.field, self.message, self.hint) = (code.rawValue, field?.rawValue, message, hint)
    }
}

extension CronError: CustomStringConvertible {
    /// Message and hint in one line: `hour 24 is out of range 0–23; did you mean 0?`.
    public var description: String { hint.map { "\(message); \($0)" } ?? message }
}
