/// What the command of a crontab line comes to: the one request that it makes, and what it does beside that.
struct CrontabCommand {
    private(set) var request: ImportedRequest?
    private(set) var notes: [String] = []
    /// So many seconds it sleeps before it calls.
    private(set) var delay: Int64 = 0
    /// The shortest limit that was said around the request.
    private(set) var timeoutMs: Int64?
    /// As a job has it; nil: nothing was said.
    private(set) var overlap: String?
    /// Programs without which the line would not be what it is.
    private var others: [String] = []
    /// A condition that what comes now depends on.
    private var condition: String?
    private let variables: [String: String]

    /// Reads a command, which gets `input` on its standard input. Throws why it makes no job.
    init(_ text: String, input: String?, variables: [String: String]) throws(CrontabSkip) {
        self.variables = variables
        let programs = Self.programs(in: text, variables)
        guard programs.calls else {
            throw CrontabSkip(.notHTTP, "It runs \(programs.first), and no curl or wget; Prikke makes HTTP requests.")
        }
        if let shell = variables["SHELL"]?.split(separator: "/").last, !Self.shells.contains(String(shell)) {
            throw CrontabSkip(.shell, "SHELL is \(shell), which is not a shell that this program reads.")
        }
        var reader = ShellReader(text, variables: variables)
        try read(try reader.read(), input: input.map { .text($0 + "\n") } ?? .none)
        guard others.isEmpty else {
            let beside = request == nil ? "It runs" : "Beside its request it runs"
            throw CrontabSkip(.notHTTP, "\(beside) \(others.joined(separator: ", ")), which Prikke cannot; it makes HTTP requests.")
        }
        guard request != nil else { throw CrontabSkip(.notHTTP, "It runs \(programs.first), and neither curl nor wget.") }
    }

    private static let shells: Set = ["sh", "bash", "dash", "ash", "zsh", "ksh"]

    /// The program that a command is for, roughly, and whether any of its words is curl or wget, or a variable that holds such.
    private static func programs(in text: String, _ variables: [String: String]) -> (first: String, calls: Bool) {
        let isPart: (Character) -> Bool = { $0.isLetter || $0.isNumber || "/._-=".contains($0) }
        let calls = { (text: String) in
            text.split { !isPart($0) }.contains { ["curl", "wget"].contains($0.split(separator: "/").last ?? $0) }
        }
        let names = text.contains("$") ? text.split { !($0.isLetter || $0.isNumber || $0 == "_") } : []
        let firsts = text.split { "&|;()".contains($0) }.compactMap { part in
            part.split { $0 == " " || $0 == "\t" }.first { !$0.contains("=") }?.split(separator: "/").last.map(String.init)
        }
        let first = firsts.first { !quiet.contains($0) && !["test", "[", "[[", "sleep"].contains($0) } ?? firsts.first
        return (first ?? "nothing", calls(text) || names.contains { variables[String($0)].map(calls) ?? false })
    }
}

// MARK: Steps

extension CrontabCommand {
    private mutating func read(_ steps: [ShellStep], input: CommandInput) throws(CrontabSkip) {
        /// Whether what stands before fails, as `false` does; everything else is taken to do what it should.
        var fails = false
        var delayBefore = delay
        for step in steps {
            let had = request
            let onFailure = step.joint == .or && had != nil
            if step.joint == .background {
                if had == nil { delay = delayBefore }
                if had != nil {
                    notes.append("an & without quotes ends the command: the URL may end early, and what stands behind it ran by itself")
                }
            }
            if step.joint != .and, step.joint != .or { delayBefore = delay }
            try read(pipeline: step.pipeline, input: input, onFailure: onFailure)
            let runs = step.joint == .and ? !fails : step.joint == .or ? fails : true
            if request != nil, had == nil {
                if let condition { throw CrontabSkip(.shell, "It calls only if `\(condition)` says so, and a job has no conditions.") }
                guard runs || !others.isEmpty else {
                    throw CrontabSkip(.shell, "It calls only if what stands before (&&, ||) allows it, and a job has no conditions.")
                }
            }
            if runs { fails = step.isFalse }
        }
    }

    private mutating func read(pipeline: [ShellCommand], input: CommandInput, onFailure: Bool) throws(CrontabSkip) {
        var input = input
        let had = request
        for (index, command) in pipeline.enumerated() {
            let callsBefore = request != nil && had == nil
            if callsBefore {
                try takeAnswer(command)
                continue
            }
            switch command.body {
            case .group(let steps):
                try read(steps, input: input)
                if request != nil, had == nil { try takeRedirects(command.redirects) }
                input = .unknown(CrontabSkip(.shell, "It sends the output of other commands, which only a shell can work out."))
            case .simple(let words):
                let isLast = index == pipeline.count - 1
                try run(words, command.redirects, input: input, onFailure: onFailure)
                if !isLast, request == nil { input = Self.output(of: words) }
            }
        }
    }

    /// What `echo` or `printf` says is known; what other programs say is not.
    private static func output(of words: [ShellWord]) -> CommandInput {
        let arguments = words.dropFirst()
        if let skip = arguments.lazy.compactMap(\.unknown).first { return .unknown(skip) }
        let texts = arguments.map(\.text)
        switch words.first?.text {
        case "echo" where texts.first == "-n": return .text(texts.dropFirst().joined(separator: " "))
        case "echo" where texts.first != "-e": return .text(texts.joined(separator: " ") + "\n")
        case "printf" where texts.count == 1 && !texts[0].contains("%") && !texts[0].contains("\\"): return .text(texts[0])
        case "printf" where texts.count == 2 && ["%s", "%s\\n"].contains(texts[0]):
            return .text(texts[1] + (texts[0] == "%s" ? "" : "\n"))
        case "cat":
            return .unknown(CrontabSkip(.file, "It sends the file \(texts.joined(separator: " ")), which Prikke cannot read."))
        case let program:
            return .unknown(CrontabSkip(.shell, "It sends the output of \(program ?? "a command"), which only a shell can work out."))
        }
    }
}

// MARK: One command

extension CrontabCommand {
    private mutating func run(
        _ words: [ShellWord], _ redirects: [ShellRedirect], input: CommandInput, onFailure: Bool, depth: Int = 0
    ) throws(CrontabSkip) {
        guard depth <= 10 else { throw CrontabSkip(.shell, "Its commands are nested too deep.") }
        let words = Array(words.drop { $0.assignment != nil })
        guard let program = words.first?.program else { return }
        let arguments = words.dropFirst()
        var input = input
        for redirect in redirects where redirect.sign.hasPrefix("<") { input = Self.input(redirect) }
        switch program {
        case "curl", "wget":
            guard request == nil else {
                throw CrontabSkip(.severalRequests, "It makes several requests, and a job makes one. Write a line for each.")
            }
            request =
                program == "curl" ? try CurlCommand.request(arguments, input: input) : try WgetCommand.request(arguments)
            try takeRedirects(redirects)
        case "sleep": sleep(arguments)
        case "usleep": sleep(arguments, perSecond: 1_000_000)
        case "test", "[", "[[", "command", "which", "type", "hash": try check(words, program, redirects, input, onFailure, depth)
        case "exit" where request == nil: others.append("exit before the request")
        case ".", "source": notes.append("it reads \(arguments.first?.text ?? "a file") first: variables that it sets are not known here")
        case _ where Self.quiet.contains(program):
            if onFailure, !["true", ":", "false", "exit"].contains(program) {
                notes.append("what is done when it fails (\(program)) is not carried over: Prikke has alerts")
            }
        default:
            if let inner = try unwrapped(program, arguments) {
                try runInner(inner, redirects, input, onFailure, depth)
            } else {
                others.append(program)
            }
        }
    }

    private mutating func runInner(
        _ inner: Inner, _ redirects: [ShellRedirect], _ input: CommandInput, _ onFailure: Bool, _ depth: Int
    ) throws(CrontabSkip) {
        switch inner {
        case .words(let words): try run(words, redirects, input: input, onFailure: onFailure, depth: depth + 1)
        case .script(let text):
            let had = request
            var reader = ShellReader(text, variables: variables)
            try read(try reader.read(), input: input)
            if request != had { try takeRedirects(redirects) }
        }
    }

    mutating func note(_ words: String) { notes.append(words) }
    mutating func limit(toMs limit: Int64) { timeoutMs = min(timeoutMs ?? limit, limit) }
    mutating func setOverlap(_ word: String) { overlap = word }

    /// They change nothing that a request of Prikke could miss.
    private static let quiet: Set = [
        "cd", "true", ":", "echo", "printf", "date", "logger", "export", "umask", "set", "ulimit", "exit", "mail", "mailx", "mutt",
        "sendmail",
        "unset", "wait", "hostname", "pwd", "false", "shopt", "declare", "local", "readonly", "uptime", "notify-send", "systemd-cat",
    ]

    private static func input(_ redirect: ShellRedirect) -> CommandInput {
        if let unknown = redirect.target.unknown { return .unknown(unknown) }
        if redirect.sign == "<<<" { return .text(redirect.target.text + "\n") }
        if redirect.target.text == "/dev/null" { return .none }
        return .unknown(CrontabSkip(.file, "It sends the file \(redirect.target.text), which Prikke cannot read."))
    }

    /// Only what is said in seconds, minutes or hours can be told.
    private mutating func sleep(_ arguments: ArraySlice<ShellWord>, perSecond: Int64 = 1) {
        guard request == nil else { return }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        var total: Int64 = 0
        for word in arguments {
            let unit = word.text.last.flatMap { units[$0] }
            guard word.unknown == nil, let count = Int64(unit == nil ? word.text : String(word.text.dropLast())),
                0...(86_400 * perSecond) ~= count
            else {
                return notes.append("it waits for a time that only the shell knows, to spread the load: the job starts at once")
            }
            total += count * (unit ?? 1)
        }
        delay += total / perSecond
    }

    /// Whether curl is there does not matter to Prikke; every other condition does.
    private mutating func check(
        _ words: [ShellWord], _ program: String, _ redirects: [ShellRedirect], _ input: CommandInput, _ onFailure: Bool, _ depth: Int
    ) throws(CrontabSkip) {
        let arguments = words.dropFirst()
        if program == "command", let first = arguments.first, !first.text.hasPrefix("-") {
            return try run(Array(arguments), redirects, input: input, onFailure: onFailure, depth: depth + 1)
        }
        let names = arguments.map(\.text).filter { !$0.hasPrefix("-") && $0 != "]" && $0 != "]]" }
        let isForTool = !names.isEmpty && names.allSatisfy { ["curl", "wget"].contains($0.split(separator: "/").last) }
        if !isForTool, request == nil { condition = words.map(\.text).joined(separator: " ") }
    }
}

extension ShellWord {
    /// The program that a first word names, without its folder.
    var program: String { unknown == nil ? String(text.split(separator: "/").last ?? "") : text + "$…" }
}
