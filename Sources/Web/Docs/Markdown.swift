import CCMark
import Glibc

/// A page in Markdown, ours, as HTML: by cmark-gfm, with tables, without whatever HTML stands in it. Headings have the ids that other
/// places on the web give them.
struct Markdown: Sendable {
    /// Its heading of the first rank.
    let title: String
    /// Up to the first heading of the second rank, and from there on.
    let beginning: String
    let rest: String

    /// Where each link leads, `address` says.
    init(_ text: String, address: (String) -> String) {
        cmark_gfm_core_extensions_ensure_registered()
        guard let parser = cmark_parser_new(CMARK_OPT_DEFAULT) else { fatalError("no memory") }
        defer { cmark_parser_free(parser) }
        if let tables = cmark_find_syntax_extension("table") { cmark_parser_attach_syntax_extension(parser, tables) }
        cmark_parser_feed(parser, text, text.utf8.count)
        guard let root = cmark_parser_finish(parser) else { fatalError("no memory") }
        defer { cmark_node_free(root) }
        let nodes = Self.nodes(below: root)
        var ids: Set<String> = []
        for node in nodes {
            switch cmark_node_get_type(node) {
            case CMARK_NODE_LINK: cmark_node_set_url(node, address(String(cString: cmark_node_get_url(node))))
            case CMARK_NODE_HEADING: Self.name(node, &ids)
            // What tests read, and nobody else.
            case CMARK_NODE_HTML_BLOCK: cmark_node_unlink(node)
            default: break
            }
        }
        title = nodes.first { cmark_node_get_type($0) == CMARK_NODE_HEADING && cmark_node_get_heading_level($0) == 1 }.map(Self.text) ?? ""
        let html = Self.html(root, cmark_parser_get_syntax_extensions(parser))
        let end = html.firstRange(of: "<h2")?.lowerBound ?? html.endIndex
        (beginning, rest) = (String(html[..<end]), String(html[end...]))
    }

    private static func nodes(below node: OpaquePointer) -> [OpaquePointer] {
        sequence(first: cmark_node_first_child(node)) { $0.flatMap(cmark_node_next) }.prefix { $0 != nil }
            .flatMap { child in child.map { [$0] + nodes(below: $0) } ?? [] }
    }

    private static func text(_ node: OpaquePointer) -> String {
        nodes(below: node).compactMap { cmark_node_get_literal($0).map { String(cString: $0) } }.joined()
    }

    /// The id stands on an element of its own within the heading: cmark gives none to its own.
    private static func name(_ heading: OpaquePointer, _ ids: inout Set<String>) {
        let plain = text(heading).lowercased().unicodeScalars.filter {
            $0 == "-" || $0 == "_" || $0 == " " || $0.properties.isAlphabetic || $0.properties.numericType != nil
        }
        let id = String(String.UnicodeScalarView(plain)).replacing(" ", with: "-")
        guard ids.insert(id).inserted, let anchor = cmark_node_new(CMARK_NODE_CUSTOM_INLINE) else { return }
        cmark_node_set_on_enter(anchor, "<span id=\"\(id)\"></span>")
        cmark_node_prepend_child(heading, anchor)
    }

    /// In text `<` is written `&lt;`: what is replaced here are the library's own tags. A head that says nothing is left out.
    private static func html(_ root: OpaquePointer, _ extensions: UnsafeMutablePointer<cmark_llist>?) -> String {
        guard let bytes = cmark_render_html(root, CMARK_OPT_DEFAULT, extensions) else { fatalError("no memory") }
        defer { free(bytes) }
        return String(cString: bytes)
            .replacing(/<thead>\n<tr>\n(<th[^>]*><\/th>\n)+<\/tr>\n<\/thead>\n/, with: "")
            .replacing(/<th([ >])/) { "<th scope=\"col\"\($0.1)" }
            .replacing("<pre>", with: "<pre tabindex=\"0\">")
    }
}
