/// A page with a heading, a few sentences and what there is to do: most pages of an account are no more. (The stored names are long
/// because a template knows no name at two depths.)
struct PlainPage: Page {
    static let template = "plain"

    struct Paragraph: Sendable { let paragraph: String }
    struct Fact: Sendable { let factLabel, factValue: String }
    struct Link: Sendable { let linkText, linkTarget: String }
    /// Something that is not easily taken back, what comes of it, and the page that asks once more.
    struct Danger: Sendable {
        let dangerHeading, consequence, dangerLabel, dangerPath: String

        init(_ heading: String, _ consequence: String, _ label: String, at path: String) {
            (dangerHeading, self.consequence, dangerLabel, dangerPath) = (heading, consequence, label, path)
        }
    }

    let title: String
    var description = ""
    let heading: String
    let paragraphs: [Paragraph]
    /// Something to be typed elsewhere: one, or none.
    let codes: [Paragraph]
    /// Something that is shown this once: one, or none.
    let secrets: [Paragraph]
    /// Something to be done meanwhile, in another tab: one link, or none.
    let tabs: [Link]
    let hasFacts: Bool
    let facts: [Fact]
    let forms: [Form]
    let hasActs: Bool
    let acts: [PostButton]
    /// The one way to go on, as a button: one, or none.
    let ways: [Link]
    let hasLinks: Bool
    let links: [Link]
    let hasDangers: Bool
    let dangers: [Danger]

    init(
        _ heading: String, _ paragraphs: [String] = [], code: String? = nil, secret: String? = nil, facts: [(String, String)] = [],
        tab: (text: String, path: String)? = nil,
        forms: [Form] = [], acts: [PostButton] = [], links: [(text: String, path: String)] = [], way: (text: String, path: String)? = nil,
        dangers: [Danger] = []
    ) {
        title = "\(heading) · Prikke"
        self.heading = heading
        self.paragraphs = paragraphs.map(Paragraph.init)
        codes = (code.map { [$0] } ?? []).map(Paragraph.init)
        secrets = (secret.map { [$0] } ?? []).map(Paragraph.init)
        tabs = (tab.map { [$0] } ?? []).map { Link(linkText: $0.text, linkTarget: $0.path) }
        self.facts = facts.map { Fact(factLabel: $0.0, factValue: $0.1) }
        hasFacts = !facts.isEmpty
        self.forms = forms
        self.acts = acts
        hasActs = !acts.isEmpty
        self.links = links.map { Link(linkText: $0.text, linkTarget: $0.path) }
        hasLinks = !links.isEmpty
        ways = (way.map { [$0] } ?? []).map { Link(linkText: $0.text, linkTarget: $0.path) }
        self.dangers = dangers
        hasDangers = !dangers.isEmpty
    }
}

extension PlainPage {
    /// Asks before something that is not easily taken back: the heading names the thing, the sentences say what comes of it. `path` is
    /// where it is done, `cancel` where to go instead.
    static func asking(
        _ heading: String, _ consequences: [String], facts: [(String, String)] = [], to path: String, _ button: String, cancel: String,
        _ viewer: Viewer
    ) -> PlainPage {
        let form = Form(to: path, token: viewer.formToken, button: button, cancel: cancel, isDangerous: true)
        return PlainPage(heading, consequences, facts: facts, forms: [form])
    }

    static let samples = [
        PlainPage("Nothing to do"),
        PlainPage(
            "Everything", ["One.", "Two <b>."], code: "123456", secret: "pk_live_x.sk_live_y", facts: [("Role", "owner")],
            tab: ("Meanwhile", "/d"),
            forms: [
                Form(
                    to: "/a", token: "t",
                    fields: [
                        FormField(name: "email", kind: .email, label: "E-mail address", error: "Give one plain address."),
                        FormField(
                            name: "scopes", kind: .checkboxes, label: "Scopes", options: [.init(value: "read", label: "read")],
                            chosen: ["read"]),
                        FormField(name: "role", kind: .select, label: "Role", value: "b", options: [.init(value: "b", label: "B")]),
                    ], button: "Save", cancel: "/", isDangerous: true)
            ], acts: [PostButton("Remove", to: "/b", token: "t", about: "ada@example.com", [("a", "b")])],
            links: [("Back", "/")], way: ("On", "/c"), dangers: [Danger("Remove Ada", "Nothing is kept.", "Remove", at: "/d")]),
    ]
}
