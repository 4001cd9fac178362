/// Reads the command of a crontab line as `sh` would, so far as that can be done without running anything: words with their
/// quotes, variables whose values are known, redirections, and what joins commands. What only a shell can work out stays in its
/// word as `unknown`, and does no harm where nobody needs that word.
struct ShellReader {
    private let text: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    /// Values that are known: the crontab's, and those that the command itself has set so far.
    private var variables: [String: String]
    /// Why other variables, which the command has set, have no value that is known.
    private var unknown: [String: CrontabSkip] = [:]

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
            steps.append(ShellStep(joint: joint, pipeline: try pipeline(close)))
            skipBlanks(andLines: false)
            joint = try self.joint(before: close)
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
            return try group(until: ")")
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

    private static let unreadable = CrontabSkip(.shell, "The command cannot be read as a shell command: a quote or bracket is not closed.")
}

// MARK: Words

extension ShellReader {
    /// One word, which an unquoted variable with blanks in it makes into several, or into none.
    private mutating func word() throws(CrontabSkip) -> [ShellWord] {
        var words: [ShellWord] = []
        var word = ShellWord()
        var isBegun = false
        while let next = peek, !Self.isBlank(next), !Self.endsCommand(next), next != "<", next != ">" {
            switch next {
            case "'":
                word.text += try quoted()
                (word.isQuoted, isBegun) = (true, true)
            case "\"":
                try doubleQuoted(into: &word)
                (word.isQuoted, isBegun) = (true, true)
            case "\\":
                position += 1
                guard let escaped = peek else { throw Self.unreadable }
                position += 1
                if escaped != "\n" { word.text.unicodeScalars.append(escaped) }
                (word.isQuoted, isBegun) = (true, true)
            case "$", "`":
                let before = word.text
                var piece = ShellWord()
                try expansion(into: &piece, inQuotes: false)
                (word.unknown, word.isQuoted) = (word.unknown ?? piece.unknown, word.isQuoted || piece.isQuoted)
                guard piece.unknown == nil, !piece.isQuoted else {
                    word.text = before + piece.text
                    isBegun = true
                    continue
                }
                // What a variable held is split at its blanks.
                for (index, part) in piece.text.split(omittingEmptySubsequences: false, whereSeparator: \.isWhitespace).enumerated() {
                    if index > 0, isBegun {
                        words.append(word)
                        (word, isBegun) = (ShellWord(), false)
                    }
                    word.text += part
                    isBegun = isBegun || !part.isEmpty
                }
            default:
                word.text.unicodeScalars.append(next)
                position += 1
                isBegun = true
            }
        }
        return isBegun ? words + [word] : words
    }

    private mutating func quoted() throws(CrontabSkip) -> String {
        position += 1
        var content = ""
        while let next = peek {
            position += 1
            if next == "'" { return content }
            content.unicodeScalars.append(next)
        }
        throw Self.unreadable
    }

    private mutating func doubleQuoted(into word: inout ShellWord) throws(CrontabSkip) {
        position += 1
        while let next = peek {
            switch next {
            case "\"":
                position += 1
                return
            case "\\":
                position += 1
                guard let escaped = peek else { throw Self.unreadable }
                position += 1
                if !"$`\"\\\n".unicodeScalars.contains(escaped) { word.text += "\\" }
                if escaped != "\n" { word.text.unicodeScalars.append(escaped) }
            case "$", "`": try expansion(into: &word, inQuotes: true)
            default:
                word.text.unicodeScalars.append(next)
                position += 1
            }
        }
        throw Self.unreadable
    }

    /// At a `$` or a backtick.
    private mutating func expansion(into word: inout ShellWord, inQuotes: Bool) throws(CrontabSkip) {
        if take("`") { return try substitution(until: "`", into: &word) }
        position += 1
        switch peek {
        case "(":
            position += 1
            try substitution(until: ")", into: &word)
        case "{":
            position += 1
            let start = position
            while let next = peek, next != "}" { position += next == "\n" ? 0 : 1; if next == "\n" { break } }
            guard take("}") else { throw Self.unreadable }
            braced(String(String.UnicodeScalarView(text[start..<position - 1])), into: &word)
        case "'" where !inQuotes:
            word.text += try ansiQuoted()
            word.isQuoted = true
        case let next? where Self.isNameStart(next):
            let start = position
            while let next = peek, Self.isNameStart(next) || ("0"..."9").contains(next) { position += 1 }
            put(String(String.UnicodeScalarView(text[start..<position])), default: nil, into: &word)
        case let next? where "0123456789@*#?$!-".unicodeScalars.contains(next):
            position += 1
            word.unknown = word.unknown ?? CrontabSkip(.shell, "It uses $\(next), which only a shell knows.")
        default: word.text += "$"
        }
    }

    private mutating func substitution(until close: Unicode.Scalar, into word: inout ShellWord) throws(CrontabSkip) {
        var open = 1
        while let next = peek {
            position += 1
            if next == "\\" { position += 1 }
            if next == "'", close == ")" {
                position -= 1
                _ = try quoted()
            }
            if next == "(", close == ")" { open += 1 }
            if next == close { open -= 1 }
            guard open == 0 else { continue }
            let detail = "It uses the output of a command ($(…) or backticks), which only a shell can work out. Write the value itself."
            word.unknown = word.unknown ?? CrontabSkip(.shell, detail)
            return
        }
        throw Self.unreadable
    }

    private func braced(_ content: String, into word: inout ShellWord) {
        let name = String(content.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        let rest = content.dropFirst(name.count)
        if !name.isEmpty, rest.isEmpty || rest.hasPrefix(":-") || rest.hasPrefix("-") {
            let standard = rest.isEmpty ? nil : String(rest.drop { $0 == ":" }.dropFirst())
            put(name, default: standard.flatMap { $0.contains("$") || $0.contains("`") ? nil : $0 }, into: &word)
        } else {
            word.unknown =
                word.unknown ?? CrontabSkip(.shell, "It uses ${\(content)}, which only a shell can work out. Write the value itself.")
        }
    }

    private func put(_ name: String, default standard: String?, into word: inout ShellWord) {
        if let value = variables[name] ?? standard {
            word.text += value
        } else {
            let detail = "The value of $\(name) does not stand in the crontab. Write it there as \(name)=…, or into the command."
            word.unknown = word.unknown ?? unknown[name] ?? CrontabSkip(.variable, detail)
        }
    }

    /// `$'…'`; the position is on its quote.
    private mutating func ansiQuoted() throws(CrontabSkip) -> String {
        position += 1
        var content = ""
        while let next = peek {
            position += 1
            if next == "'" { return content }
            guard next == "\\", let letter = peek else {
                content.unicodeScalars.append(next)
                continue
            }
            position += 1
            let known: [Unicode.Scalar: Unicode.Scalar] = ["n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\""]
            guard let meant = known[letter] else { throw CrontabSkip(.shell, "It uses \\\(letter) in $'…'. Write the character itself.") }
            content.unicodeScalars.append(meant)
        }
        throw Self.unreadable
    }
}

// MARK: Characters

extension ShellReader {
    private var peek: Unicode.Scalar? { peek(0) }
    private func peek(_ ahead: Int) -> Unicode.Scalar? { position + ahead < text.count ? text[position + ahead] : nil }

    private mutating func take(_ sign: String) -> Bool {
        guard text[position...].starts(with: sign.unicodeScalars) else { return false }
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

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
    private static func endsCommand(_ scalar: Unicode.Scalar) -> Bool { ";&|()\n\r".unicodeScalars.contains(scalar) }
    private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
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
