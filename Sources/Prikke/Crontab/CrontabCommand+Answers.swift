/// What becomes of the answer: which programs get it, and which files.
extension CrontabCommand {
    /// A program that the answer is passed to.
    mutating func takeAnswer(_ command: ShellCommand) throws(CrontabSkip) {
        guard case .simple(let words) = command.body, let program = words.first?.program, Self.readers.contains(program) else {
            let name = if case .simple(let words) = command.body { words.first?.program ?? "a program" } else { "a program" }
            throw CrontabSkip(.outputUsed, "\(name) works on the answer, and Prikke passes answers to no program.")
        }
        note("the answer was passed to \(program): Prikke keeps the answers of its runs, judges them by `success`, and has alerts")
        for file in Self.files(of: program, words.dropFirst()) {
            if let words = try OutputTarget.note(file, by: program) { note(words) }
        }
        try takeRedirects(command.redirects)
    }

    /// They show, count or look for something in the answer, or tell people of it.
    private static let readers: Set = [
        "logger", "grep", "egrep", "fgrep", "mail", "mailx", "mutt", "sendmail", "tee", "cat", "head", "tail", "sed", "awk", "wc", "ts",
        "sort",
        "jq", "tr", "cut", "systemd-cat", "uniq", "fold", "column", "xmllint", "html2text",
    ]

    /// The files that such a program is told to write.
    private static func files(of program: String, _ arguments: ArraySlice<ShellWord>) -> [ShellWord] {
        guard program == "tee" || program == "sort" else { return [] }
        let options = CommandOptions(letters: ["o": "output"], withValue: program == "sort" ? ["output"] : [])
        return options.items(of: arguments).compactMap { item in
            switch item {
            case .operand(let file): program == "tee" ? file : nil
            case .option("output", let file): file
            case .option: nil
            }
        }
    }

    mutating func takeRedirects(_ redirects: [ShellRedirect]) throws(CrontabSkip) {
        for redirect in redirects where redirect.sign.contains(">") {
            if redirect.sign == ">&", redirect.target.text == "-" || Int(redirect.target.text) != nil { continue }
            let isErrors = redirect.descriptor == 2
            do throws(CrontabSkip) {
                if let words = try OutputTarget.note(redirect.target, by: redirect.sign) { note(words) }
            } catch {
                guard isErrors else { throw error }
                note("errors were written to \(redirect.target.text): Prikke keeps them with its runs")
            }
        }
    }
}
