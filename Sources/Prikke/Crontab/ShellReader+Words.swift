extension ShellReader {
    /// One word, which an unquoted variable with blanks in it makes into several, or into none.
    mutating func word() throws(CrontabSkip) -> [ShellWord] {
        var words = WordsInTheMaking()
        while let next = peek, !Self.isBlank(next), !Self.endsCommand(next), next != "<", next != ">" {
            switch next {
            case "'": words.addQuoted(try quoted())
            case "\"":
                var inner = ShellWord()
                try doubleQuoted(into: &inner)
                words.addQuoted(inner.text, inner.unknown)
            case "\\":
                position += 1
                guard let escaped = peek else { throw Self.unreadable }
                position += 1
                words.addQuoted(escaped == "\n" ? "" : String(escaped))
            case "$", "`":
                var piece = ShellWord()
                try expansion(into: &piece, inQuotes: false)
                if piece.unknown == nil, !piece.isQuoted { words.addSplit(piece.text) } else { words.addQuoted(piece.text, piece.unknown) }
            default:
                words.add(String(next))
                position += 1
            }
        }
        return words.all
    }

    private struct WordsInTheMaking {
        private var done: [ShellWord] = []
        private var word = ShellWord()
        private var isBegun = false

        var all: [ShellWord] { isBegun ? done + [word] : done }

        mutating func add(_ text: String) {
            word.text += text
            isBegun = true
        }

        mutating func addQuoted(_ text: String, _ unknown: CrontabSkip? = nil) {
            add(text)
            word.unknown = word.unknown ?? unknown
            word.isQuoted = true
        }

        /// What a variable held is split at its blanks.
        mutating func addSplit(_ text: String) {
            for (index, part) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isWhitespace).enumerated() {
                if index > 0, isBegun {
                    done.append(word)
                    (word, isBegun) = (ShellWord(), false)
                }
                if !part.isEmpty { add(String(part)) }
            }
        }
    }

    mutating func quoted() throws(CrontabSkip) -> String {
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
}
