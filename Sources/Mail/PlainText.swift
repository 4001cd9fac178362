/// Text of ours and of others made fit for mail: for a header, a line of the text part and HTML alike.
enum PlainText {
    /// One line: line breaks and tabs become blanks, other control characters and those that change the direction of writing or
    /// are not seen are left out. Cut to `longest` Unicode scalars, with an ellipsis, between characters.
    static func line(_ text: String, longest: Int) -> String {
        cut(visible(text).split(separator: " ").joined(separator: " "), longest)
    }

    /// The last `most` lines, each as it was spaced, and cut to `longest` Unicode scalars; empty ones at both ends are left out.
    static func lines(_ text: String, most: Int, longest: Int) -> [String] {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map { line in
            let line = cut(visible(line.replacing("\t", with: "    ")), longest)
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
        return Array(lines.drop(while: \.isEmpty).reversed().drop(while: \.isEmpty).prefix(most).reversed())
    }

    private static func visible(_ text: some StringProtocol) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: if scalar.properties.isWhitespace { kept.append(" ") }
            // Some scripts need the joiners to be written right, and they hide nothing.
            case .format: if scalar == "\u{200C}" || scalar == "\u{200D}" { kept.append(scalar) }
            case .surrogate, .privateUse, .unassigned: continue
            default: kept.append(scalar)
            }
        }
        return String(kept)
    }

    /// One line that is cut in its middle where it is too long: of “a very long name … failed” the end is the news.
    static func title(_ text: String, longest: Int) -> String {
        let whole = line(text, longest: .max)
        guard whole.unicodeScalars.count > longest else { return whole }
        let end = longest / 3
        var (tail, count) = ([Character](), 0)
        for character in whole.reversed() {
            count += character.unicodeScalars.count
            if count > end { break }
            tail.append(character)
        }
        return cut(whole, longest - end) + String(tail.reversed())
    }

    private static func cut(_ text: String, _ longest: Int) -> String {
        guard text.unicodeScalars.count > longest else { return text }
        var (beginning, count) = ("", 1)
        for character in text {
            count += character.unicodeScalars.count
            if count > longest { break }
            beginning.append(character)
        }
        return beginning + "…"
    }

    /// What a mail program would make a link of by itself is written so that none does, and looks the same: the dot of a host
    /// name as U+2024, the colon before `//` as U+2236.
    static func unlinked(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var written = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            let before = index > 0 ? scalars[index - 1] : " "
            let after = scalars[(index + 1)...]
            if scalar == ".", isOfName(before), after.first.map(isOfName) == true {
                written.append("\u{2024}")
            } else if scalar == ":", after.starts(with: "//".unicodeScalars) {
                written.append("\u{2236}")
            } else {
                written.append(scalar)
            }
        }
        return String(written)
    }

    private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "-" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
}
