import Mustache

/// A value's properties as a template asks for them: looked at once. swift-mustache would look at all of them again for each tag, which
/// took two thirds of a page's time.
struct Shown: MustacheParent {
    /// A text to print. What its type can do need not be asked of it.
    private struct Text: MustacheCustomRenderable {
        let renderText: String
        let isNull = false
    }

    private let members: [String: Any]

    init(_ value: Any) {
        let properties = Mirror(reflecting: value).children
        var members = [String: Any](minimumCapacity: properties.count)
        for (name, value) in properties { if let name { members[name] = Self.shown(value) } }
        self.members = members
    }

    func child(named name: String) -> Any? { members[name] }

    private static func shown(_ value: Any) -> Any {
        switch value {
        case let text as String: Text(renderText: text)
        case let elements as [Any]: elements.map { Shown($0) }
        default: value
        }
    }
}
