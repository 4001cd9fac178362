/// Texts of others made fit for a chat: what cannot be seen is made visible, what a program would read as markup is escaped, and all is
/// cut to a limit of the vendor's. Works on Unicode scalars, as the vendors do: `<` with an accent behind it is `<` to them.
enum ChatText {
    /// How a text is written where it is put.
    enum Form {
        /// As it is: a chat reads no markup there.
        case plain
        /// Slack: three characters are escaped, which also keeps `<!channel>` from calling anybody.
        case slack
        /// Slack's older shape, as Mattermost and others read it: like Slack's, but `@name` and `[text](url)` count as well.
        case classic
        /// Discord's Markdown.
        case discord
    }

    // MARK: Seen

    /// One line: line breaks and runs of blanks become one blank.
    static func line(_ text: String) -> String {
        String(visible(text, linesKept: false)).split(separator: " ").joined(separator: " ")
    }

    /// Several lines, in which no three backticks follow each other; without blank lines at its ends.
    static func lines(_ text: String) -> String {
        var kept = visible(text, linesKept: true)[...]
        while kept.last?.properties.isWhitespace == true { kept.removeLast() }
        while kept.first == "\n" { kept.removeFirst() }
        return String(String.UnicodeScalarView(kept))
    }

    private static let mostMarks = 8

    /// Control characters go, those of the direction of writing and others that are not seen become U+FFFD, as do joiners that join
    /// nothing. A letter keeps eight marks: a stack of thousands would be one character that no limit can cut.
    private static func visible(_ text: String, linesKept: Bool) -> String.UnicodeScalarView {
        var kept = String.UnicodeScalarView()
        var (marks, ticks) = (0, 0)
        var last: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            defer { last = scalar }
            let category = scalar.properties.generalCategory
            let isWhitespace = scalar.properties.isWhitespace
            // What is left out must not part what then stands together.
            if isWhitespace ? scalar == "\n" && last == "\r" : category == .control { continue }
            marks = category == .nonspacingMark || category == .enclosingMark ? marks + 1 : 0
            ticks = scalar == "`" ? ticks + 1 : 0
            if isWhitespace {
                kept.append(linesKept ? blank(scalar) : " ")
            } else if isHidden(scalar, category, after: last) {
                kept.append("\u{FFFD}")
            } else if marks <= mostMarks {
                kept.append(linesKept && ticks > 0 && ticks.isMultiple(of: 3) ? "'" : scalar)
            }
        }
        return kept
    }

    private static func blank(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "\n", "\r", "\u{0B}", "\u{0C}", "\u{85}", "\u{2028}", "\u{2029}": "\n"
        default: scalar
        }
    }

    /// Joiners are part of some scripts, and of emoji.
    private static func isHidden(_ scalar: Unicode.Scalar, _ category: Unicode.GeneralCategory, after last: Unicode.Scalar) -> Bool {
        if scalar == "\u{200C}" || scalar == "\u{200D}" { return last.isASCII || last == "\u{200C}" || last == "\u{200D}" }
        return category == .format || scalar.properties.isNoncharacterCodePoint
    }

    // MARK: Cut

    /// One line that is never empty: a name, a value. Of a huge text only as much is looked at as can be shown.
    static func part(_ text: String, _ limit: Int, _ form: Form) -> String {
        let begun = String(text.unicodeScalars.prefix(4 * limit))
        let line = beginning(line(begun), limit, form)
        return line.isEmpty ? "–" : line
    }

    /// The beginning of `text`, written in `form`: at most `limit` UTF-16 units as escaped, which is never fewer than the vendors
    /// count. What is cut ends in “…”, between two characters as people see them.
    static func beginning(_ text: String, _ limit: Int, _ form: Form) -> String {
        let pieces = pieces(of: text.prefix(limit + 1), form)
        let kept = pieces.prefix(fitting(pieces, limit))
        return kept.joined() + (kept.count < pieces.count ? "…" : "")
    }

    /// The end of `text`: of a log, what matters.
    static func end(_ text: String, _ limit: Int, _ form: Form) -> String {
        let pieces = pieces(of: text.suffix(limit + 1), form)
        let kept = pieces.suffix(fitting(pieces.reversed(), limit))
        return (kept.count < pieces.count ? "…" : "") + kept.joined()
    }

    /// How many of the pieces there is room for; with one unit for the ellipsis, where it is not all of them.
    private static func fitting(_ pieces: [String], _ limit: Int) -> Int {
        var (width, cut) = (0, 0)
        for (index, piece) in pieces.enumerated() {
            width += piece.utf16.count
            if width <= limit - 1 { cut = index + 1 }
            if width > limit { return cut }
        }
        return pieces.count
    }

    /// Longer than any that people write: a family has eleven.
    private static let longestCharacter = 32

    /// Each character as it is written, each scalar of one that is a text of its own.
    private static func pieces(of text: Substring, _ form: Form) -> [String] {
        var pieces: [String] = []
        var rest = text
        while let character = rest.popFirst() {
            let scalars = Array(character.unicodeScalars)
            let next = rest.unicodeScalars.first
            let written = scalars.indices.map { escaped(scalars[$0], before: $0 + 1 < scalars.count ? scalars[$0 + 1] : next, form) }
            if scalars.count > longestCharacter { pieces += written } else { pieces.append(written.joined()) }
        }
        return pieces
    }

    private static func escaped(_ scalar: Unicode.Scalar, before next: Unicode.Scalar?, _ form: Form) -> String {
        switch (form, scalar) {
        case (.slack, "&"), (.classic, "&"): "&amp;"
        case (.slack, "<"), (.classic, "<"): "&lt;"
        case (.slack, ">"), (.classic, ">"): "&gt;"
        case (.classic, "@"): "@\u{200B}"
        case (.classic, "]") where next == "(": "]\u{200B}"
        case (.discord, "\\"), (.discord, "*"), (.discord, "_"), (.discord, "~"), (.discord, "`"), (.discord, "|"), (.discord, "["),
            (.discord, "]"), (.discord, "<"), (.discord, ">"), (.discord, "#"):
            "\\" + String(scalar)
        // No link but ours.
        case (.discord, ":") where next == "/": "\\:"
        default: String(scalar)
        }
    }
}
