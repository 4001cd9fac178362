extension CronField {
    /// Reads one field: items between commas.
    init(_ kind: Kind, _ word: ArraySlice<UInt8>) throws(CronError) {
        self.init(kind: kind, items: [], beginsWithStar: word.first == UInt8(ascii: "*"))
        for part in word.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            var reader = CronItemReader(kind: kind, part: part)
            items.append(try reader.item())
        }
    }
}

/// Reads one item of a field from its left to its right.
private struct CronItemReader {
    let kind: CronField.Kind
    let part: ArraySlice<UInt8>
    var rest: ArraySlice<UInt8>

    init(kind: CronField.Kind, part: ArraySlice<UInt8>) {
        (self.kind, self.part, self.rest) = (kind, part, part)
    }

    mutating func item() throws(CronError) -> CronField.Item {
        try refuseOtherDialects()
        if let special = try special() { return special }
        var (first, last) = (kind.range.lowerBound, kind.range.upperBound)
        let isStar = take("*")
        var isRange = isStar
        if !isStar {
            first = try value()
            last = first
            if take("-") {
                isRange = true
                last = try value()
                if last < first { throw backward(first, last) }
            }
        }
        guard take("/") else {
            try expectEnd()
            return .range(first: first, last: last, step: 1)
        }
        let step = try number(of: "step")
        try expectEnd()
        if step == 0 { throw CronError(.zeroStep, kind, "\(kind.words) has a step of 0 in '\(text)'", hint: "the smallest step is 1") }
        return .range(first: first, last: isRange ? last : kind.range.upperBound, step: step)
    }

    // MARK: - What other crons have

    private func refuseOtherDialects() throws(CronError) {
        if part.isEmpty { throw CronError(.syntax, kind, "\(kind.words) has nothing before or after a comma", hint: "leave out the comma") }
        if part.contains(UInt8(ascii: "?")) {
            throw CronError(.questionMark, kind, "\(kind.words) has '?', which is not of this dialect", hint: "write * for every value")
        }
        if part.contains(UInt8(ascii: "~")) {
            throw CronError(.randomRange, kind, "\(kind.words) has a random range '\(text)'", hint: "choose a value yourself")
        }
        if startsWith("h"), part.count == 1 || part.dropFirst().first.map({ "/(".utf8.contains($0) }) ?? false {
            throw CronError(
                .randomRange, kind, "\(kind.words) has '\(text)', where another cron chooses a value", hint: "choose a value yourself")
        }
        if kind == .dayOfMonth, let last = part.last, last | 0x20 == UInt8(ascii: "w"), part.dropLast().allSatisfy({ 48...57 ~= $0 }) {
            throw CronError(
                .nearestWeekday, kind, "day of month '\(text)' (the weekday nearest to a day) is not of this dialect",
                hint: "only LW, the last weekday of the month, is")
        }
    }

    // MARK: - L, LW, 5L, mon#2

    private mutating func special() throws(CronError) -> CronField.Item? {
        switch kind {
        case .dayOfMonth:
            guard startsWith("l") else { return nil }
            if lowercased == "l" { return .lastDay }
            if lowercased == "lw" { return .lastWorkday }
            throw CronError(
                .syntax, kind, "day of month '\(text)' is not understood",
                hint: "L is the last day and LW the last weekday of the month")
        case .dayOfWeek: return try specialWeekday()
        default: return nil
        }
    }

    private mutating func specialWeekday() throws(CronError) -> CronField.Item? {
        if part.count == 1, startsWith("l") {
            throw CronError(.syntax, kind, "day of week 'L' does not say which day", hint: "5L is the last Friday of the month")
        }
        let isLast = part.last.map { $0 | 0x20 == UInt8(ascii: "l") } ?? false
        guard isLast || part.contains(UInt8(ascii: "#")) else { return nil }
        let weekday = try value() % 7
        if isLast, rest.count == 1 { return .last(weekday: weekday) }
        guard take("#") else { throw notUnderstood() }
        let number = try number(of: "number after #")
        try expectEnd()
        guard 1...5 ~= number else {
            throw CronError(
                .outOfRange, kind, "\(kind.words) '\(text)': a month has no weekday number \(number), only 1–5",
                hint: "5L is the last Friday")
        }
        return .nth(weekday: weekday, number: number)
    }

    // MARK: - Numbers and names

    /// A number in the field's range, or a name.
    private mutating func value() throws(CronError) -> Int {
        let letters = rest.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
        if letters.isEmpty || kind.names.isEmpty {
            let value = try number(of: nil)
            guard kind.range ~= value else { throw outOfRange(value) }
            return value
        }
        let name = String(decoding: letters, as: UTF8.self).lowercased()
        let isWithL = kind == .dayOfWeek && name.count == 4 && name.hasSuffix("l")  // friL
        guard let index = kind.names.firstIndex(of: isWithL ? String(name.dropLast()) : name) else {
            let close = kind.names.first { name.hasPrefix($0) }
            throw CronError(
                .unknownName, kind, "\(kind.words) has no name '\(name)'",
                hint: close.map { "did you mean \($0)?" } ?? otherField(of: name) ?? lastHint(name)
                    ?? "the names are \(kind.names.joined(separator: " "))")
        }
        rest = rest.dropFirst(3)
        return index + kind.firstNamed
    }

    /// Decimal digits, leading zeros allowed.
    private mutating func number(of part: String?) throws(CronError) -> Int {
        let digits = rest.prefix { 48...57 ~= $0 }
        if digits.isEmpty { throw notUnderstood() }
        guard digits.count <= 4 else {
            throw CronError(
                .numberTooLong, kind, "\(part ?? kind.words) \(String(decoding: digits.prefix(8), as: UTF8.self))… has more than 4 digits",
                hint: "write at most 4")
        }
        rest = rest.dropFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let next = rest.first, UInt32(next) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    private func expectEnd() throws(CronError) {
        if !rest.isEmpty { throw notUnderstood() }
    }

    // MARK: - Errors

    private var text: String { String(decoding: part, as: UTF8.self) }
    private var lowercased: String { text.lowercased() }

    /// Whether the first character is this letter, small or capital.
    private func startsWith(_ letter: Unicode.Scalar) -> Bool { part.first.map { UInt32($0 | 0x20) == letter.value } ?? false }

    private func notUnderstood() -> CronError {
        let letters = lowercased.prefix { $0.isLetter }
        return CronError(
            .syntax, kind, "\(kind.words) '\(text)' is not understood",
            hint: otherField(of: String(letters)) ?? "a field is *, 5, 1-5, */2, 10/2, or several of these with commas")
    }

    /// A name that stands in the wrong field.
    private func otherField(of name: String) -> String? {
        CronField.Kind.allCases.first { $0 != kind && $0.names.contains(name) }.map { "\(name) belongs in the field \($0.words)" }
    }

    private func lastHint(_ name: String) -> String? { name == "l" ? "5L is the last Friday of the month" : nil }

    private func outOfRange(_ value: Int) -> CronError {
        let (low, high) = (kind.range.lowerBound, kind.range.upperBound)
        let hint: String? =
            switch kind {
            case .hour where value == 24, .minute where value == 60, .second where value == 60: "did you mean 0?"
            case .dayOfMonth where value == 0: "did you mean 1, or L for the last day?"
            case .dayOfMonth: "did you mean L, the last day of the month?"
            case .month where value == 0: "January is 1"
            case .dayOfWeek: "Sunday is 0 or 7"
            case .minute, .second: value % 60 == 0 ? nil : "did you mean \(value % 60)?"
            default: nil
            }
        return CronError(
            .outOfRange, kind, "\(kind.words) \(value) is out of range \(low)–\(high)",
            hint: hint ?? "write a number from \(low) to \(high)")
    }

    private func backward(_ first: Int, _ last: Int) -> CronError {
        let low = kind.range.lowerBound
        let high = kind == .dayOfWeek ? 6 : kind.range.upperBound
        var hint = "write \(first >= high ? "\(first)" : "\(first)-\(high)"),\(low == last ? "\(low)" : "\(low)-\(last)")"
        if kind == .dayOfWeek, last == 0 { hint = first == 7 ? "write 7" : "Sunday at the end of a range is 7: \(first)-7" }
        return CronError(.backwardRange, kind, "\(kind.words) '\(text)' is a backward range", hint: hint)
    }
}
