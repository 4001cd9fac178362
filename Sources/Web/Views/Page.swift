/// What a page shows, as texts ready to print. Only stored properties are seen by a template, and none may be optional:
/// for swift-mustache an absent value falls through to the page around it.
protocol Page: Sendable {
    /// The template's name, which is its file's.
    static var template: String { get }

    /// Pages of every kind that there is, for tests and pictures.
    static var samples: [Self] { get }

    /// What the browser shows in its tab.
    var title: String { get }

    /// What it is about, in a sentence, for those that list pages of the web; empty: it is not for everybody.
    var description: String { get }

    /// The parts of it that a `<live-region>` fetches again by itself, at the page's own address with `fragment=` and the name: each is
    /// the partial of that name.
    static var fragments: Set<String> { get }

    /// Whether something that it shows is failing: the tab's icon says so.
    var hasAlarm: Bool { get }
}

extension Page {
    var hasAlarm: Bool { false }
    var description: String { "" }
    static var fragments: Set<String> { [] }
}
