import Testing

@testable import Scheduling

/// What is left of texts of others.
struct ChatTextTests {
    @Test(arguments: [
        ("a\r\nb\tc\u{2028}d  e", "a b c d e"), ("  \n ", ""), ("a\u{0}b\u{1B}[31m", "ab[31m"),
        ("\u{202E}gnp.exe", "\u{FFFD}gnp.exe"), ("a\u{200B}b\u{FEFF}\u{2066}", "a\u{FFFD}b\u{FFFD}\u{FFFD}"),
        // A joiner between letters that it does not join hides something.
        ("pay\u{200D}pal", "pay\u{FFFD}pal"), ("👨‍👩‍👧", "👨‍👩‍👧"), ("\u{FFFE}", "\u{FFFD}"), ("مرحبا", "مرحبا"),
        ("e" + String(repeating: "\u{301}", count: 20), "e" + String(repeating: "\u{301}", count: 8)),
        ("e\u{301}\u{0}" + String(repeating: "\u{301}\u{0}", count: 20), "e" + String(repeating: "\u{301}", count: 8)),
    ]) func aLineShowsWhatHides(_ text: String, _ line: String) {
        #expect(Array(ChatText.line(text).unicodeScalars) == Array(line.unicodeScalars))
    }

    @Test(arguments: [
        ("\r\n a\r\nb\rc\n\n", " a\nb\nc"), ("```x```", "``'x``'"), ("`````", "``'``"), ("``\u{0}`", "``'"), ("```\u{301}", "``'\u{301}"),
        ("\t\n", ""),
    ]) func linesStayAndNoFenceIsInThem(_ text: String, _ lines: String) {
        #expect(Array(ChatText.lines(text).unicodeScalars) == Array(lines.unicodeScalars))
    }

    @Test(arguments: [
        ("abcde", 5, ChatText.Form.plain, "abcde"), ("abcdef", 5, .plain, "abcd…"), ("a&b", 7, .slack, "a&amp;b"),
        ("a&bc", 7, .slack, "a&amp;…"),
        // Never within an escape, a pair of surrogates, a character.
        ("a&bcd", 6, .slack, "a…"), ("ab😀", 4, .plain, "ab😀"), ("ab😀c", 4, .plain, "ab…"), ("a👨‍👩‍👧b", 9, .plain, "a…"),
        ("e\u{301}e\u{301}", 3, .plain, "e\u{301}…"),
        ("a*b", 3, .discord, "a…"), ("a*b", 4, .discord, "a\\*b"), ("", 5, .plain, ""),
        ("<\u{301}!channel>", 99, .slack, "&lt;\u{301}!channel&gt;"), ("@all [a](b)", 99, .classic, "@\u{200B}all [a]\u{200B}(b)"),
        ("[a](https://x)", 99, .discord, "\\[a\\](https\\://x)"), ("1:30", 99, .discord, "1:30"),
    ]) func theBeginningIsCutBetweenCharacters(_ text: String, _ limit: Int, _ form: ChatText.Form, _ cut: String) {
        #expect(Array(ChatText.beginning(text, limit, form).unicodeScalars) == Array(cut.unicodeScalars))
    }

    @Test(arguments: [("abcdef", 6, "abcdef"), ("abcdef", 5, "…cdef"), ("a😀b", 3, "…b"), ("&&&", 11, "…&amp;&amp;"), ("&&&", 10, "…&amp;")])
    func ofALogTheEndStays(_ text: String, _ limit: Int, _ cut: String) {
        #expect(ChatText.end(text, limit, .slack) == cut)
    }

    @Test func aCharacterWithoutEndIsCutAllTheSame() {
        let cut = ChatText.beginning(ChatText.line(String(repeating: "👨\u{200D}", count: 5_000)), 100, .slack)
        #expect(cut.utf16.count > 90 && cut.utf16.count <= 100)
    }
}
