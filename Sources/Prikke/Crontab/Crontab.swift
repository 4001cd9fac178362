import Time

/// A crontab, read line by line: each line that is not blank, a comment or a variable has one outcome, and nothing is dropped.
struct Crontab {
    /// What becomes of a line.
    enum Outcome: Equatable {
        case job(ImportedJob)
        case skip(CrontabSkip)
    }

    struct Line: Equatable {
        let number: Int
        let outcome: Outcome
    }

    private(set) var lines: [Line] = []
    /// What concerns the whole file, in words.
    private(set) var notes: [String] = []
    /// Whether a user stands behind the schedule, as in /etc/crontab and /etc/cron.d.
    let isOfSystem: Bool

    private let zone: String?
    private var variables: [String: String] = [:]
    private var (cronZone, processZone): (String?, String?) = (nil, nil)

    /// `isOfSystem` says whether there is a column of users; nil: whatever the lines look like. `zone` is for lines for which the
    /// file names none.
    init(_ text: String, isOfSystem: Bool? = nil, zone: String? = nil) {
        let texts = Self.lines(of: text)
        self.isOfSystem = isOfSystem ?? SystemCrontab.looksSo(texts)
        self.zone = zone
        for (index, text) in texts.enumerated() { read(text, number: index + 1) }
        noteMail()
        if isOfSystem == nil, self.isOfSystem {
            notes.append("Read as a crontab of the system, with a user in the sixth column (else say --no-system).")
        }
    }

    /// A byte order mark and the line ends of other systems do not count.
    private static func lines(of text: String) -> [String] {
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        return text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }.map(String.init)
    }

    private mutating func read(_ text: String, number: Int) {
        let text = text.trimmingBlanks
        if text.isEmpty || text.hasPrefix("#") { return }
        if let (name, value) = Self.variable(text) { return set(name, value, number) }
        do throws(CrontabSkip) {
            lines.append(Line(number: number, outcome: .job(try job(text))))
        } catch {
            lines.append(Line(number: number, outcome: .skip(error)))
        }
    }

    /// `NAME = value`; either may stand in quotes.
    private static func variable(_ text: String) -> (name: String, value: String)? {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let name = unquoted(String(text[..<equals]).trimmingBlanks)
        guard let first = name.first, first == "_" || first.isLetter, name.allSatisfy({ $0 == "_" || $0.isLetter || $0.isNumber }) else {
            return nil
        }
        return (name, unquoted(String(text[text.index(after: equals)...]).trimmingBlanks))
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, let quote = text.first, quote == "\"" || quote == "'", text.last == quote else { return text }
        return String(text.dropFirst().dropLast())
    }

    private mutating func set(_ name: String, _ value: String, _ number: Int) {
        let isWhole = !value.unicodeScalars.contains(Self.replacement)
        variables[name] = isWhole ? value : nil
        if !isWhole { notes.append("line \(number): the value of \(name) is left out: it has bytes that are not UTF-8.") }
        if name == "CRON_TZ" { cronZone = value.isEmpty ? nil : value }
        if name == "TZ" { processZone = value.isEmpty ? nil : value }
    }

    /// What stands where bytes were that are not UTF-8.
    private static let replacement: Unicode.Scalar = "\u{FFFD}"

    private mutating func noteMail() {
        guard let address = variables["MAILTO"], !address.isEmpty else { return }
        notes.append("Output was mailed to \(address): Prikke has alerts, which tell of failures (docs/sync.md).")
    }
}

// MARK: One line

extension Crontab {
    private func job(_ text: String) throws(CrontabSkip) -> ImportedJob {
        let parts = try CrontabFields(text, isOfSystem: isOfSystem)
        let zone = cronZone ?? processZone ?? zone
        try Self.check(parts.schedule, zone)
        let command = try CrontabCommand(parts.command, input: parts.input, variables: variables)
        guard let request = command.request else { throw CrontabSkip(.notHTTP, "It makes no request.") }
        guard !text.unicodeScalars.contains(Self.replacement) else {
            throw CrontabSkip(
                .badLine, "It has bytes that are not UTF-8. Convert the file first, with iconv -f latin1 -t utf-8 or the like.")
        }
        var job = ImportedJob(schedule: parts.schedule, timezone: zone, request: request)
        job.notes = command.notes + request.notes
        job.timeoutMs = [command.timeoutMs, request.timeoutMs].compactMap { $0 }.min()
        (job.overlap, job.delay) = (command.overlap, command.delay)
        if parts.isCut {
            job.notes.append(
                "cron ends a command at a % that has no backslash before it, and so the URL may end early; what follows was its input")
        }
        return try job.accepted()
    }

    private static func check(_ schedule: String, _ zone: String?) throws(CrontabSkip) {
        do throws(CronError) { _ = try CronExpression(schedule) } catch {
            guard error.code != CronError.Code.rebootMacro.rawValue else {
                throw CrontabSkip(.reboot, "@reboot runs when the machine starts, which Prikke does not see. Call the API when it does.")
            }
            throw CrontabSkip(.badSchedule, "\(error)")
        }
        if let zone, ZoneRules.named(zone) == nil {
            throw CrontabSkip(.badSchedule, "There is no time zone \(zone); use an IANA name such as Europe/Oslo.")
        }
    }
}
