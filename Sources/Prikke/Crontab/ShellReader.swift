/// Reads the command of a crontab line as `sh` would, so far as that can be done without running anything: words with their
/// quotes, variables whose values are known, redirections, and what joins commands. What only a shell can work out stays in its
/// word as `unknown`, and does no harm where nobody needs that word.
struct ShellReader {
    let text: [Unicode.Scalar]
    var position = 0
    private var depth = 0
    /// Values that are known: the crontab's, and those that the command itself has set so far.
    var variables: [String: String]
    /// Why other variables, which the command has set, have no value that is known.
    var unknown: [String: CrontabSkip] = [:]

    init(_ text: String, variables: [String: String]) {
        (self.text, self.variables) = (Array(text.unicodeScalars), variables)
    }

    /// All steps of the command.
    mutating func read() throws(CrontabSkip) -> [ShellStep] { try steps(until: nil) }

    private mutating func steps(until close: Unicode.Scalar?) throws(CrontabSkip) -> [ShellStep] {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 20 else { throw Self.unreadable }
        var steps: [ShellStep] = []
        var joint = ShellStep.Joint.first
        while true {
            skipBlanks(andLines: true)
            guard let next = peek else {
                guard close == nil else { throw Self.unreadable }
                return steps
            }
            if next == close {
                position += 1
                return steps
            }
            let before = (variables, unknown)
            let pipeline = try pipeline(close)
            steps.append(ShellStep(joint: joint, pipeline: pipeline))
            skipBlanks(andLines: false)
            joint = try self.joint(before: close)
            // A shell of its own runs these, and takes along what it sets.
            if pipeline.count > 1 || joint == .background { (variables, unknown) = before }
        }
    }

    private mutating func joint(before close: Unicode.Scalar?) throws(CrontabSkip) -> ShellStep.Joint {
        if take("&&") { return .and }
        if take("||") { return .or }
        if take(";") || take("\n") || take("\r") { return .then }
        if take("&") { return .background }
        guard peek == nil || peek == close else { throw Self.unreadable }
        return .then
    }

    private mutating func pipeline(_ close: Unicode.Scalar?) throws(CrontabSkip) -> [ShellCommand] {
        var commands = [try command(close)]
        while true {
            skipBlanks(andLines: false)
            guard peek == "|", peek(1) != "|" else { return commands }
            position += peek(1) == "&" ? 2 : 1
            skipBlanks(andLines: true)
            commands.append(try command(close))
        }
    }

    private mutating func command(_ close: Unicode.Scalar?) throws(CrontabSkip) -> ShellCommand {
        if peek == "(" {
            guard peek(1) != "(" else { throw CrontabSkip(.shell, "It calculates with (( )), which only a shell can.") }
            position += 1
            let before = (variables, unknown)
            let group = try group(until: ")")
            (variables, unknown) = before
            return group
        }
        if peek == "{", let after = peek(1), Self.isBlank(after) {
            position += 1
            return try group(until: "}")
        }
        var words: [ShellWord] = []
        var redirects: [ShellRedirect] = []
        while true {
            skipBlanks(andLines: false)
            if let redirect = try redirect() {
                redirects.append(redirect)
            } else if let next = peek, !Self.endsCommand(next) {
                words += try word()
            } else {
                break
            }
        }
        guard !words.isEmpty || !redirects.isEmpty else { throw Self.unreadable }
        try refuseReserved(words.first)
        keepAssignments(words)
        return ShellCommand(body: .simple(words), redirects: redirects)
    }

    private mutating func group(until close: Unicode.Scalar) throws(CrontabSkip) -> ShellCommand {
        let inner = try steps(until: close)
        var redirects: [ShellRedirect] = []
        skipBlanks(andLines: false)
        while let redirect = try redirect() {
            redirects.append(redirect)
            skipBlanks(andLines: false)
        }
        return ShellCommand(body: .group(inner), redirects: redirects)
    }

    private func refuseReserved(_ first: ShellWord?) throws(CrontabSkip) {
        let reserved: Set = ["if", "then", "else", "fi", "for", "while", "until", "do", "done", "case", "function", "select", "!"]
        guard let first, !first.isQuoted, reserved.contains(first.text) else { return }
        throw CrontabSkip(.shell, "It is a program of the shell (\(first.text)), not one request.")
    }

    /// `A=b; curl $A` and `export A=b`: later words may use it. (Before a command it counts for that command's own children.)
    private mutating func keepAssignments(_ words: [ShellWord]) {
        if words.first?.text == "unset" { for word in words.dropFirst() { (variables[word.text], unknown[word.text]) = (nil, nil) } }
        let isExport = words.first.map { !$0.isQuoted && ["export", "declare", "local", "readonly"].contains($0.text) } ?? false
        let settings = words.dropFirst(isExport ? 1 : 0).map(\.assignment)
        guard settings.allSatisfy({ $0 != nil }) || isExport else { return }
        for case (let name, let value, let reason)? in settings {
            (variables[name], unknown[name]) = (reason == nil ? value : nil, reason)
        }
    }

    private mutating func redirect() throws(CrontabSkip) -> ShellRedirect? {
        let start = position
        while let digit = peek, ("0"..."9").contains(digit) { position += 1 }
        let number = Int(String(String.UnicodeScalarView(text[start..<position])))
        for sign in ["<<<", "<<", "&>>", "&>", ">>", ">&", ">|", "<&", "<>", "<", ">"] where take(sign) {
            guard sign != "<<" else { throw CrontabSkip(.shell, "It holds a here-document, which a crontab line cannot.") }
            skipBlanks(andLines: false)
            guard let next = peek, !Self.endsCommand(next) || next == "(" else { throw Self.unreadable }
            guard next != "(" else { throw CrontabSkip(.shell, "It reads or writes by a process substitution, which only a shell can.") }
            let target = try word()
            return ShellRedirect(sign: sign, descriptor: number, target: target.first ?? ShellWord())
        }
        position = start
        return nil
    }

    static let unreadable = CrontabSkip(.shell, "The command cannot be read as a shell command: a quote or bracket is not closed.")
}

// MARK: Characters

extension ShellReader {
    var peek: Unicode.Scalar? { peek(0) }
    func peek(_ ahead: Int) -> Unicode.Scalar? { position + ahead < text.count ? text[position + ahead] : nil }

    mutating func take(_ sign: String) -> Bool {
        guard position < text.count, text[position...].starts(with: sign.unicodeScalars) else { return false }
        position += sign.unicodeScalars.count
        return true
    }

    /// Comments too: what begins with # where a word could begin.
    private mutating func skipBlanks(andLines: Bool) {
        while let next = peek {
            if next == " " || next == "\t" || (andLines && (next == "\n" || next == "\r" || next == ";")) {
                position += 1
            } else if next == "\\", peek(1) == "\n" {
                position += 2
            } else if next == "#", position == 0 || Self.isBlank(text[position - 1]) || Self.endsCommand(text[position - 1]) {
                while let next = peek, next != "\n" { position += 1; _ = next }
            } else {
                return
            }
        }
    }

    static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
    static func endsCommand(_ scalar: Unicode.Scalar) -> Bool { ";&|()\n\r".unicodeScalars.contains(scalar) }
    static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
    }
}

extension ShellWord {
    /// The word as `NAME=value`.
    var assignment: (name: String, value: String, unknown: CrontabSkip?)? {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let name = text[..<equals]
        guard let first = name.first, first == "_" || (first.isASCII && first.isLetter) else { return nil }
        guard name.allSatisfy({ $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }) else { return nil }
        return (String(name), String(text[text.index(after: equals)...]), unknown)
    }
}
