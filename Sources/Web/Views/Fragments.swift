import Hummingbird
import JSON

/// How a `<live-region>` asks for a page's part: the page's own address, with one parameter more.
enum Fragments {
    static let parameter = "fragment"

    /// The address at which the part `name` of the page at `place` is fetched.
    static func path(_ name: String, of place: String) -> String {
        let path = place.prefix { $0 != "?" }
        let query = place.dropFirst(path.count + 1).split(separator: "&").filter { !$0.hasPrefix("\(parameter)=") }
        return "\(path)?" + (query + ["\(parameter)=\(name)"]).joined(separator: "&")
    }
}

extension Request {
    /// The part of a page that is asked for; empty: all of it.
    var fragment: String {
        let parameters = (try? QueryString.parse(uri.query ?? "")) ?? []
        return parameters.first { $0.name == Fragments.parameter }?.value ?? ""
    }

    /// What a page's query holds, against its fields: what is left blank in a form of filters is as good as absent. Names that are not
    /// ours are let be where strangers link to (`ignoringOthers`). Throws `InvalidInput`.
    func query(_ fields: [Field], ignoringOthers: Bool = false) throws -> JSONObject {
        var members = JSONObject()
        for (name, text) in try QueryString.parse(uri.query ?? "") where !text.isEmpty && name != Fragments.parameter {
            if ignoringOthers, !fields.contains(where: { $0.name == name }) { continue }
            members[name] = fields.first { $0.name == name }?.shape.value(fromTexts: [text]) ?? .string(text)
        }
        return try Shape.object(fields).validate(.object(members)).object ?? [:]
    }
}
