/// What swift-mustache 2.1.1 is silent about: a tag that no stored property answers, a partial that does not exist, an
/// optional (nil falls through to the page around it), a name that two depths know.
///
/// Walks over a template's tags with a page's properties beside it, sections going down into them.
struct TemplateFaults {
    private let templates: [String: String]
    private var scopes: [[String: Any]] = []
    private(set) var found: [String] = []

    init(in template: String, of templates: [String: String], page: Any) {
        self.templates = templates
        enter(page)
        walk(template)
    }

    private mutating func enter(_ value: Any) {
        let properties = Mirror(reflecting: value).children.compactMap { child in child.label.map { ($0, child.value) } }
        let known = Set(scopes.flatMap(\.keys))
        for (name, value) in properties {
            if known.contains(name) { found.append("\(name) is known at two depths") }
            if Mirror(reflecting: value).displayStyle == .optional { found.append("\(name) is optional") }
        }
        scopes.append(Dictionary(uniqueKeysWithValues: properties))
    }

    private mutating func walk(_ name: String) {
        guard let text = templates[name] else { return found.append("there is no partial \(name)") }
        walk(tags: Self.tags(in: text)[...])
    }

    private mutating func walk(tags: ArraySlice<String>) {
        var tags = tags
        while let tag = tags.popFirst() {
            let name = String(tag.drop { "#^/&>{!".contains($0) }.prefix { $0 != "}" }).filter { $0 != " " }
            switch tag.first {
            case "!": break
            case ">": walk(name)
            case "#", "^":
                let inside = tags.prefix { $0 != "/\(name)" }
                tags = tags.dropFirst(inside.count + 1)
                walkSection(name, inside, isInverted: tag.first == "^")
            default: _ = value(of: name)
            }
        }
    }

    private mutating func walkSection(_ name: String, _ tags: ArraySlice<String>, isInverted: Bool) {
        guard let value = value(of: name) else { return }
        switch value {
        case is Bool: walk(tags: tags)
        case let elements as [Any]:
            // An empty list says nothing of its elements; another sample has some.
            guard let first = isInverted ? nil : elements.first else { return }
            enter(first)
            walk(tags: tags)
            scopes.removeLast()
        default: found.append("the section \(name) is neither a Bool nor a list")
        }
    }

    private mutating func value(of name: String) -> Any? {
        if let value = scopes.reversed().lazy.compactMap({ $0[name] }).first { return value }
        found.append("no stored property answers \(name)")
        return nil
    }

    private static func tags(in text: String) -> [String] {
        text.split(separator: "{{", omittingEmptySubsequences: false).dropFirst().compactMap { part in
            part.range(of: "}}").map { String(part[..<$0.lowerBound]) }
        }
    }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
