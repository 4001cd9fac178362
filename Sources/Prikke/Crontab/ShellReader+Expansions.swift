extension ShellReader {
    /// At a `$` or a backtick.
    mutating func expansion(into word: inout ShellWord, inQuotes: Bool) throws(CrontabSkip) {
        if take("`") { return try substitution(until: "`", into: &word) }
        position += 1
        switch peek {
        case "(":
            position += 1
            try substitution(until: ")", into: &word)
        case "{":
            position += 1
            let start = position
            while let next = peek, next != "}", next != "\n" { position += 1 }
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
