import Hummingbird
import JSON
import Tenancy
import Time

/// The API keys of an organization.
struct KeysPages: Sendable {
    let people: People
    let pages: Pages

    func addRoutes(to member: RouterGroup<MemberContext>) {
        member.get(Paths.keys, needs: .manageKeys, use: list)
        member.post(Paths.keys, needs: .manageKeys, form: APIKey.fields, use: make)
        member.get(Paths.key, needs: .manageKeys, use: show)
        member.post(Paths.keyRotation, needs: .manageKeys, form: APIKey.rotationFields, use: rotate)
        member.get(Paths.keyRevocation, needs: .manageKeys, use: showRevocation)
        member.post(Paths.keyRevocation, needs: .manageKeys, use: revoke)
    }

    @Sendable private func list(_ request: Request, _ context: MemberContext) async throws -> Response {
        try await list(form: newForm(context), context)
    }

    private func list(form: Form, _ context: MemberContext) async throws -> Response {
        let keys = try await people.keys.all(for: context.access)
        return pages.answer(KeysPage(keys, making: form, context.access), to: context.viewer)
    }

    private func newForm(_ context: MemberContext) -> Form {
        let scopes = Scope.allCases.map { FormField.Option(value: $0.rawValue, label: $0.rawValue) }
        return Form(
            to: Paths.filled(Paths.keys, context.slug), token: context.viewer.formToken,
            fields: [
                FormField(APIKey.fields[0]), FormField(APIKey.fields[1], kind: .checkboxes, options: scopes, chosen: ["read", "write"]),
                FormField(APIKey.fields[2], kind: .number),
            ], button: "Make a key")
    }

    @Sendable private func make(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        try await form.answer(redrawing: newForm(context), with: { try await list(form: $0, context) }) { values in
            try await context.recently(on: Paths.filled(Paths.keys, context.slug)) {
                let made = try await people.keys.issue(APIKeys.Draft(.object(values)), for: context.access)
                log("api key made", made.id.text, context)
                return shown(made, "This is your key", context)
            }
        }
    }

    /// The only time that a secret is seen.
    private func shown(_ issued: APIKey.Issued, _ heading: String, _ context: MemberContext) -> Response {
        let page = PlainPage(
            heading, ["It is shown this once: keep it where secrets are kept. We have only its hash."], secret: issued.text,
            links: [("All keys", Paths.filled(Paths.keys, context.slug))])
        return pages.answer(page, to: context.viewer)
    }

    @Sendable private func show(_ request: Request, _ context: MemberContext) async throws -> Response {
        let key = try await find(context)
        return show(key, form: rotationForm(key, context), context)
    }

    private func show(_ key: APIKey, form: Form, _ context: MemberContext) -> Response {
        let isOpen = key.isOpen
        let revocation = Paths.filled(Paths.keyRevocation, context.slug, key.id.text)
        let page = PlainPage(
            key.name,
            isOpen ? ["Rotating gives it a new secret, and nothing else changes."] : ["This key is refused."],
            facts: key.facts, forms: isOpen ? [form] : [], links: [("All keys", Paths.filled(Paths.keys, context.slug))],
            dangers: isOpen ? [.init("Revoke this key", Self.consequence, "Revoke", at: revocation)] : [])
        return pages.answer(page, to: context.viewer)
    }

    private func rotationForm(_ key: APIKey, _ context: MemberContext) -> Form {
        Form(
            to: Paths.filled(Paths.keyRotation, context.slug, key.id.text), token: context.viewer.formToken,
            fields: [FormField(APIKey.rotationFields[0], kind: .number, value: "24")], button: "Rotate")
    }

    @Sendable private func rotate(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let key = try await find(context)
        return try await form.answer(redrawing: rotationForm(key, context), with: { show(key, form: $0, context) }) { values in
            try await context.recently(on: Paths.filled(Paths.key, context.slug, key.id.text)) {
                let hours = Int(values["overlap_hours"]?.int ?? 24)
                let issued = try await people.keys.rotate(key, overlapHours: hours, for: context.access)
                log("api key rotated", key.id.text, context)
                return shown(issued, "This is the new secret", context)
            }
        }
    }

    private static let consequence = "It is refused from the next request on, and cannot be brought back."

    @Sendable private func showRevocation(_ request: Request, _ context: MemberContext) async throws -> Response {
        let key = try await find(context)
        let path = Paths.filled(Paths.key, context.slug, key.id.text)
        guard key.isOpen else { return .seeOther(path) }
        let page = PlainPage.asking(
            "Revoke \(key.name)", [Self.consequence, "Programs that still use it fail until they have another one."], facts: key.facts,
            to: Paths.filled(Paths.keyRevocation, context.slug, key.id.text), "Revoke it", cancel: path, context.viewer)
        return pages.answer(page, to: context.viewer)
    }

    @Sendable private func revoke(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let key = try await find(context)
        try await people.keys.revoke(key, for: context.access)
        log("api key revoked", key.id.text, context)
        return .seeOther(Paths.filled(Paths.keys, context.slug)).flashing("\(key.name) is revoked.")
    }

    private func find(_ context: MemberContext) async throws -> APIKey {
        try await people.keys.find(context.parameters.get("key") ?? "", for: context.access)
    }

    private func log(_ what: StaticString, _ key: String, _ context: MemberContext) {
        context.logger.info(
            "\(what)",
            metadata: [
                "organization": "\(context.access.organization.id.text)", "by": "\(context.person.user.id.text)", "key": "\(key)",
            ])
    }
}

/// The keys, and a form to make one with.
struct KeysPage: Page {
    static let template = "keys"

    struct Row: Sendable {
        let keyName: String
        let keyPath: String
        let scopes: String
        let state: String
        let lastUsed: [Moment]
    }

    let title: String
    let keys: [Row]
    let isEmpty: Bool
    let making: [Form]
}

extension KeysPage {
    init(_ keys: [APIKey], making form: Form, _ access: Access) {
        title = "API keys · \(access.organization.name)"
        self.keys = keys.map {
            Row(
                keyName: $0.name, keyPath: Paths.filled(Paths.key, access.organization.slug, $0.id.text), scopes: $0.scopesInWords,
                state: $0.state, lastUsed: $0.lastUsedAt.map { [Moment($0, now: .now())] } ?? [])
        }
        isEmpty = keys.isEmpty
        making = [form]
    }

    static let samples = [
        KeysPage(title: "API keys · Acme", keys: [], isEmpty: true, making: [PageSamples.form]),
        KeysPage(
            title: "API keys · Acme",
            keys: [.init(keyName: "Deploy <b>", keyPath: "/a", scopes: "read, write", state: "Good", lastUsed: [PageSamples.moment])],
            isEmpty: false,
            making: [PageSamples.form]),
    ]
}

extension APIKey {
    fileprivate var isOpen: Bool { revokedAt == nil && !hasExpired }

    /// What it is good for now.
    fileprivate var state: String {
        if let revokedAt { return "Revoked \(revokedAt.words)" }
        if hasExpired { return "Expired" }
        if let expiresAt { return "Good until \(expiresAt.words)" }
        return "Good"
    }

    fileprivate var scopesInWords: String {
        let words = Scope.allCases.filter(scopes.contains).map(\.rawValue).joined(separator: ", ")
        return scopes.contains(.manage) && !manages ? "\(words) (manage rests: its maker is no admin here any more)" : words
    }

    fileprivate var facts: [(String, String)] {
        [
            ("Scopes", scopesInWords), ("State", state), ("Made by", createdBy ?? "somebody who is gone"), ("Made at", createdAt.words),
            ("Last used", lastUsedAt?.words ?? "never"),
        ] + (previousUntil.map { [("Secret before holds until", $0.words)] } ?? [])
    }
}
