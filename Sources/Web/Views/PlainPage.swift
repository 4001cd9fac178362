/// A page with a heading, a few sentences and what there is to do: most pages of an account are no more. (The stored names are long
/// because a template knows no name at two depths.)
struct PlainPage: Page {
    static let template = "plain"

    struct Paragraph: Sendable { let paragraph: String }
    struct Fact: Sendable { let factLabel, factValue: String }
    struct Link: Sendable { let linkText, linkTarget: String }

    let title: String
    let heading: String
    let paragraphs: [Paragraph]
    /// Something to be typed elsewhere: one, or none.
    let codes: [Paragraph]
    /// Something that is shown this once: one, or none.
    let secrets: [Paragraph]
    let hasFacts: Bool
    let facts: [Fact]
    let forms: [Form]
    let hasActs: Bool
    let acts: [PostButton]
    let hasLinks: Bool
    let links: [Link]

    init(
        _ heading: String, _ paragraphs: [String] = [], code: String? = nil, secret: String? = nil, facts: [(String, String)] = [],
        forms: [Form] = [], acts: [PostButton] = [], links: [(text: String, path: String)] = []
    ) {
        title = "\(heading) · Prikke"
        self.heading = heading
        self.paragraphs = paragraphs.map(Paragraph.init)
        codes = (code.map { [$0] } ?? []).map(Paragraph.init)
        secrets = (secret.map { [$0] } ?? []).map(Paragraph.init)
        self.facts = facts.map { Fact(factLabel: $0.0, factValue: $0.1) }
        hasFacts = !facts.isEmpty
        self.forms = forms
        self.acts = acts
        hasActs = !acts.isEmpty
        self.links = links.map { Link(linkText: $0.text, linkTarget: $0.path) }
        hasLinks = !links.isEmpty
    }
}

extension PlainPage {
    static let samples = [
        PlainPage("Nothing to do"),
        PlainPage(
            "Everything", ["One.", "Two <b>."], code: "123456", secret: "pk_live_x.sk_live_y", facts: [("Role", "owner")],
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
            ], acts: [PostButton("Remove", to: "/b", token: "t", about: "ada@example.com", isDanger: true, [("a", "b")])],
            links: [("Back", "/")]),
    ]
}
