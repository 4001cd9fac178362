import Mustache
import Testing

@testable import Mail

@Suite struct HTMLTextTests {
    /// `<` and `"` stay what they are to a browser, also where Swift sees one character together with what stands beside them.
    @Test(arguments: [
        ("<b>", "&lt;b&gt;"), ("\u{0D4E}<b>", "\u{0D4E}&lt;b&gt;"), ("\"\u{0301} x='", "&quot;\u{0301} x=&#39;"),
        ("&\u{200D}", "&amp;\u{200D}"),
        ("Søren & Ådne", "Søren &amp; Ådne"),
    ])
    func everyScalarIsEscapedByItself(text: String, html: String) throws {
        #expect(HTMLText.escaped(text).utf8.elementsEqual(html.utf8))
        let template = try MustacheTemplate(string: HTMLText.template("{{#rows}}<p>{{.}}</p>{{/rows}}"))
        #expect(template.render(["rows": [text]]).utf8.elementsEqual("<p>\(html)</p>".utf8))
    }
}
