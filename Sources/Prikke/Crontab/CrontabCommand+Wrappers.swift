/// Programs that run another one: `flock`, `timeout`, `nice`, `sh -c`.
extension CrontabCommand {
    /// What a program runs.
    enum Inner {
        case words([ShellWord])
        /// A text for a shell of its own.
        case script(String)
    }

    /// What `program` runs, if that is what it is for. Notes what it says about the run.
    mutating func unwrapped(_ program: String, _ arguments: ArraySlice<ShellWord>) throws(CrontabSkip) -> Inner? {
        switch program {
        case "nohup", "time", "exec", "setsid", "chronic", "unbuffer", "builtin", "cronic": return .words(skipping(arguments, values: []))
        case "nice": return .words(skipping(arguments, values: ["-n", "--adjustment"]))
        case "ionice": return .words(skipping(arguments, values: ["-c", "-n", "-p", "--class", "--classdata"]))
        case "stdbuf": return .words(skipping(arguments, values: ["-i", "-o", "-e"]))
        case "sudo": return .words(skipping(arguments, values: ["-u", "-g", "-h", "-p", "-C", "-r", "-t", "--user", "--group"]))
        case "env": return .words(skipping(arguments, values: ["-u", "-C", "--unset", "--chdir"]))
        case "run-one":
            setOverlap("skip")
            return .words(Array(arguments))
        case "timeout": return .words(try timeLimit(skipping(arguments, values: ["-s", "-k", "--signal", "--kill-after"])))
        case "flock": return try lock(arguments)
        case "sh", "bash", "dash", "ash", "zsh", "ksh":
            return try script(arguments, after: { $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.contains("c") })
        case "su", "runuser": return try script(arguments, after: { $0 == "-c" || $0 == "--command" || $0 == "-lc" })
        default: return nil
        }
    }

    /// The arguments behind the options; those named have a value of their own.
    private func skipping(_ arguments: ArraySlice<ShellWord>, values: Set<String>) -> [ShellWord] {
        var rest = arguments
        while let word = rest.first, word.text.hasPrefix("-"), word.text.count > 1 {
            rest.removeFirst()
            if word.text == "--" { break }
            if values.contains(word.text) { rest = rest.dropFirst() }
        }
        return Array(rest)
    }

    private mutating func timeLimit(_ words: [ShellWord]) throws(CrontabSkip) -> [ShellWord] {
        let text = try words.first?.known() ?? ""
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        guard let count = Double(unit == nil ? text : String(text.dropLast())), count >= 0, count <= 1_000_000 else {
            throw CrontabSkip(.shell, "timeout is given no time.")
        }
        if count > 0 { limit(toMs: Int64((count * (unit ?? 1) * 1_000).rounded(.up))) }
        return Array(words.dropFirst())
    }

    /// `flock -n lock curl …`: while one runs, the next is passed over; without -n it waits its turn, as jobs do anyway.
    private mutating func lock(_ arguments: ArraySlice<ShellWord>) throws(CrontabSkip) -> Inner {
        let options = arguments.prefix { $0.text.hasPrefix("-") || Int($0.text) != nil }.map(\.text)
        let isImpatient = options.contains {
            $0 == "--nonblock" || $0 == "--nb" || (!$0.hasPrefix("--") && $0.hasPrefix("-") && $0.contains("n"))
        }
        setOverlap(isImpatient ? "skip" : "queue")
        let rest = skipping(arguments, values: ["-w", "--timeout", "--wait", "-E", "--conflict-exit-code"]).dropFirst()
        if let first = rest.first?.text, first == "-c" || first == "--command" {
            return .script(try rest.dropFirst().first?.known() ?? "")
        }
        return .words(Array(rest))
    }

    private func script(_ arguments: ArraySlice<ShellWord>, after isOption: (String) -> Bool) throws(CrontabSkip) -> Inner? {
        guard let index = arguments.firstIndex(where: { isOption($0.text) }) else { return nil }
        guard index + 1 < arguments.endIndex else { return .script("") }
        return .script(try arguments[index + 1].known())
    }
}
