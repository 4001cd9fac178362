/// What a page shows, as texts ready to print. Only stored properties are seen by a template, and none may be optional:
/// for swift-mustache an absent value falls through to the page around it.
protocol Page: Sendable {
    /// The template's name, which is its file's.
    static var template: String { get }

    /// Pages of every kind that there is, for tests and pictures.
    static var samples: [Self] { get }

    /// What the browser shows in its tab.
    var title: String { get }
}
