import JSON

extension HTTPPlugin {
    /// The headers whose names tell that they are secret, and those that are marked so.
    public func secrets(in config: JSON) -> [ConfigPath] {
        guard let headers = config["headers"]?.object, !headers.isEmpty else { return [] }
        let marked = RequestHeaders.marked(in: config)
        return headers.keys.filter { RequestHeaders.isSecret($0, marked: marked) }.map { ConfigPath("headers", $0) }
    }

    /// Of headers the names, of the body its size, of the address no value of its query: any of them may be a secret, whatever it is
    /// called.
    public func audited(_ config: JSON) -> JSON {
        guard var members = config.object else { return [:] }
        if let headers = members["headers"]?.object { members["headers"] = .object(JSONObject(headers.map { ($0.key, ConfigPath.mask) })) }
        if let url = members["url"]?.string { members["url"] = .string(Self.masked(url: url)) }
        if let body = members["body"], !body.isNull {
            let size = Self.bytes(of: body, encoding: members["body_encoding"])?.count ?? body.string?.utf8.count ?? 0
            members["body"] = ["bytes": .integer(Int64(size))]
        }
        return .object(members)
    }

    /// `https://user:word@host/path?token=abc` becomes `https://host/path?token=***`. Works on the text: it need not be a URL that may
    /// be called.
    static func masked(url: String) -> String {
        let withoutFragment = url.prefix { $0 != "#" }
        let beforeQuery = withoutFragment.prefix { $0 != "?" }
        let query = withoutFragment.dropFirst(beforeQuery.count).dropFirst()
        var text = String(beforeQuery)
        if let scheme = text.firstRange(of: "://") {
            let authority = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "\\" }
            if let at = authority.lastIndex(of: "@") { text.removeSubrange(scheme.upperBound...at) }
        }
        guard !query.isEmpty else { return text }
        let items = query.split(separator: "&", omittingEmptySubsequences: true).map { item in
            item.firstIndex(of: "=").map { item[..<$0] + "=***" } ?? "***"
        }
        return text + "?" + items.joined(separator: "&")
    }
}
