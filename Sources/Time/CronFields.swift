/// The six fields of a cron expression, taken apart and each understood by itself.
struct CronFields: Sendable, Hashable {
    var second = CronField.single(.second, 0)
    var minute = CronField.single(.minute, 0)
    var hour = CronField.single(.hour, 0)
    var dayOfMonth = CronField(kind: .dayOfMonth, items: [CronField.Kind.dayOfMonth.everything], beginsWithStar: true)
    var month = CronField(kind: .month, items: [CronField.Kind.month.everything], beginsWithStar: true)
    var dayOfWeek = CronField(kind: .dayOfWeek, items: [CronField.Kind.dayOfWeek.everything], beginsWithStar: true)

    private static let longest = 256
    private static let macros = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    init(_ text: String, seconds: Bool) throws(CronError) {
        let words = try Self.words(of: text)
        if words[0].first == UInt8(ascii: "@") {
            let expansion = try Self.expansion(of: words)
            try parse(expansion.split(separator: " ").map { Array($0.utf8)[...] }, hasSeconds: false)
        } else {
            try Self.checkCount(words, hasSeconds: seconds)
            try parse(words, hasSeconds: seconds)
        }
    }

    /// The text between blanks and tabs, at least one word.
    private static func words(of text: String) throws(CronError) -> [ArraySlice<UInt8>] {
        guard text.utf8.count <= longest else {
            throw CronError(
                .tooLong, nil, "the expression has \(text.utf8.count) bytes, more than \(longest)",
                hint: "write ranges and steps instead of lists")
        }
        for scalar in text.unicodeScalars where scalar != "\t" && !(" "..."~" ~= scalar) {
            let code = String(scalar.value, radix: 16, uppercase: true)
            throw CronError(
                .invalidCharacter, nil,
                "the character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code) cannot be part of an expression",
                hint: "use plain ASCII letters, digits, blanks and tabs")
        }
        let words = Array(text.utf8).split { $0 == UInt8(ascii: " ") || $0 == 9 }
        guard let first = words.first else {
            throw CronError(.empty, nil, "the expression is empty", hint: "five fields are needed, such as 0 9 * * mon-fri")
        }
        let start = String(decoding: first, as: UTF8.self).uppercased()
        if start.hasPrefix("TZ=") || start.hasPrefix("CRON_TZ=") {
            throw CronError(.timezonePrefix, nil, "a time zone cannot stand in the expression", hint: "put it in the field timezone")
        }
        if words.contains(where: { $0.first == UInt8(ascii: "#") }) {
            throw CronError(.comment, nil, "a comment cannot stand in the expression", hint: "put it in the name of the job")
        }
        return words
    }

    private static func expansion(of words: [ArraySlice<UInt8>]) throws(CronError) -> String {
        let name = String(decoding: words[0], as: UTF8.self)
        if name.lowercased() == "@reboot" {
            throw CronError(.rebootMacro, nil, "@reboot has no time", hint: "nothing reboots here; give five fields or @daily")
        }
        if name.lowercased() == "@every" {
            throw CronError(.unknownMacro, nil, "@every is no cron expression", hint: "put the interval in the field every, as in 5m")
        }
        guard let expansion = macros[name.lowercased()] else {
            let known = "@hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually"
            throw CronError(.unknownMacro, nil, "\(name) is not known", hint: "there are \(known)")
        }
        guard words.count == 1 else {
            throw CronError(.fieldCount, nil, "\(name) stands for a whole expression", hint: "leave out what follows it")
        }
        return expansion
    }

    private static func checkCount(_ words: [ArraySlice<UInt8>], hasSeconds: Bool) throws(CronError) {
        let expected = hasSeconds ? 6 : 5
        guard words.count != expected else { return }
        let found = "\(words.count) field\(words.count == 1 ? "" : "s") instead of \(expected)"
        if words.count > expected, words[expected].allSatisfy({ 48...57 ~= $0 || "*-,/".utf8.contains($0) }),
            words.count == 7 || isYear(words[expected])
        {
            throw CronError(.yearField, nil, "\(found): there is no year field", hint: "leave out the year; ends_at ends a schedule")
        }
        if words.count == 6 {
            throw CronError(.secondsField, nil, found, hint: "six fields, seconds first, need \"seconds\": true")
        }
        let order = (hasSeconds ? "second " : "") + "minute hour day-of-month month day-of-week"
        throw CronError(.fieldCount, nil, found, hint: "they are \(order)")
    }

    private static func isYear(_ word: ArraySlice<UInt8>) -> Bool { word.prefix { 48...57 ~= $0 }.count == 4 }

    private mutating func parse(_ words: [ArraySlice<UInt8>], hasSeconds: Bool) throws(CronError) {
        if hasSeconds { second = try CronField(.second, words[0]) }
        let rest = hasSeconds ? words.dropFirst() : words[...]
        let first = rest.startIndex
        minute = try CronField(.minute, rest[first])
        hour = try CronField(.hour, rest[first + 1])
        dayOfMonth = try CronField(.dayOfMonth, rest[first + 2])
        month = try CronField(.month, rest[first + 3])
        dayOfWeek = try CronField(.dayOfWeek, rest[first + 4])
    }
}
