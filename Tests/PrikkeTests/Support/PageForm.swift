import Foundation

/// A form of a page, read as a browser reads it: what it would send if it were sent as it is.
struct PageForm {
    let path: String
    var fields: [(String, String)] = []

    /// The first form of a page whose tag holds `mark`.
    init?(_ page: String, marked mark: String = "data-preview=") {
        let forms = page.components(separatedBy: "<form ").dropFirst().map { $0.components(separatedBy: "</form>")[0] }
        guard let form = forms.first(where: { $0.prefix { $0 != ">" }.contains(mark) }) else { return nil }
        path = Self.attributes(of: form.prefix { $0 != ">" })["action"] ?? ""
        var rest = form[...]
        while let start = rest.firstIndex(of: "<") {
            let tag = rest[start...].prefix { $0 != ">" }
            rest = rest[tag.endIndex...].dropFirst()
            let (kind, attributes) = (tag.dropFirst().prefix { $0 != " " && $0 != ">" }, Self.attributes(of: tag))
            guard let name = attributes["name"] else { continue }
            switch kind {
            case "input":
                let isBox = ["checkbox", "radio"].contains(attributes["type"])
                if !isBox || tag.hasSuffix(" checked") { fields.append((name, attributes["value"] ?? "")) }
            case "textarea":
                // The first line break behind the tag is not part of it, and a form ends lines with both.
                let text = Self.plain(rest.dropFirst(rest.first == "\n" ? 1 : 0).prefix { $0 != "<" })
                fields.append((name, text.replacing("\r\n", with: "\n").replacing("\r", with: "\n").replacing("\n", with: "\r\n")))
            case "select":
                let options = rest.components(separatedBy: "</select>")[0].components(separatedBy: "<option ").dropFirst()
                let chosen = options.first { $0.prefix { $0 != ">" }.hasSuffix(" selected") } ?? options.first ?? ""
                fields.append((name, Self.attributes(of: chosen.prefix { $0 != ">" })["value"] ?? ""))
            default: break
            }
        }
    }

    /// All that stands under a name.
    subscript(name: String) -> [String] { fields.filter { $0.0 == name }.map(\.1) }

    /// Types something else, or chooses it.
    mutating func set(_ name: String, _ values: String...) {
        fields.removeAll { $0.0 == name }
        fields += values.map { (name, $0) }
    }

    private static func attributes(of tag: Substring) -> [String: String] {
        let pairs = tag.matches(of: /([a-z_-]+)="([^"]*)"/).map { (String($0.1), plain($0.2)) }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func plain(_ text: Substring) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")].reduce(String(text)) {
            $0.replacing($1.0, with: $1.1)
        }
    }
}
