import Hummingbird
import JSON
import Tenancy

/// Making an organization, joining one, and bringing one back.
struct OrganizationPages: Sendable {
    let people: People
    let pages: Pages

    func addRoutes(to person: RouterGroup<PersonContext>, visitors: Router<VisitorContext>) {
        person.get(RouterPath(Paths.newOrganization), use: showNew)
        person.post(Paths.organizations, form: [Self.name], use: make)
        person.post(Paths.organizationRestore, form: [], use: restore)
        person.get(RouterPath(Paths.invites), use: invites)
        visitors.get(RouterPath(Paths.invite), use: showInvite)
        person.post(Paths.inviteAcceptance, form: [], use: accept)
        person.post(Paths.inviteRefusal, form: [], use: decline)
    }

    private static let name = Field(
        "name", .string(1...100), required: true, help: "Your team or company. It can be renamed.", example: "Acme")

    @Sendable private func showNew(_ request: Request, _ context: PersonContext) -> Response { new(form: newForm(context), context) }

    private func new(form: Form, _ context: PersonContext) -> Response {
        pages.answer(
            PlainPage("Make an organization", ["Jobs, members and the bill belong to an organization. You will own it."], forms: [form]),
            to: context.viewer)
    }

    private func newForm(_ context: PersonContext) -> Form {
        Form(
            to: Paths.organizations, token: context.viewer.formToken, fields: [FormField(Self.name, autocomplete: "organization")],
            button: "Make organization", cancel: Paths.account)
    }

    @Sendable private func make(_ form: SubmittedForm, _ context: PersonContext) async throws -> Response {
        try await form.answer(redrawing: newForm(context), with: { new(form: $0, context) }) { values in
            let made = try await refusing(at: "/name") {
                try await people.organizations.make(
                    named: values["name"]?.string ?? "", ownedBy: context.person.user, from: context.client.address)
            }
            return .seeOther(Paths.filled(Paths.organization, made.slug)).flashing("\(made.name) is made.")
        }
    }

    @Sendable private func restore(_ form: SubmittedForm, _ context: PersonContext) async throws -> Response {
        let slug = context.parameters.get("organization") ?? ""
        let restored = try await people.organizations.restore(slug, ownedBy: context.person.user, from: context.origin)
        return .seeOther(Paths.filled(Paths.organization, restored.slug)).flashing("\(restored.name) is back, with all its jobs.")
    }

    // MARK: - Invites

    @Sendable private func invites(_ request: Request, _ context: PersonContext) -> Response {
        pages.answer(InvitesPage(context.person.invites, for: context.person.user, token: context.viewer.formToken), to: context.viewer)
    }

    /// What a mailed link leads to: for whoever is signed in with the address the choice, for anybody else the way there.
    @Sendable private func showInvite(_ request: Request, _ context: VisitorContext) async throws -> Response {
        try request.checkIsRead()
        let name = context.parameters.get("invite") ?? ""
        let invite = try await people.invites.find(name, for: context.person?.user)
        return pages.answer(page(of: invite, context), to: context.viewer, .ok, [.referrerPolicy: "no-referrer"])
    }

    private func page(of invite: Invite?, _ context: VisitorContext) -> PlainPage {
        guard let invite else {
            return PlainPage(
                "This invite is no longer open",
                ["It was accepted, declined or taken back, or its seven days are over. Another one may be open: sign in to see."],
                links: [("Your invites", Paths.invites)])
        }
        let facts =
            [
                ("Organization", invite.organizationName), ("Role", invite.role.rawValue.capitalizedFirst), ("Sent to", invite.email.text),
                ("Open until", invite.expiresAt.words),
            ] + (invite.invitedBy.map { [("Invited by", $0)] } ?? [])
        guard let user = context.person?.user else {
            return PlainPage(
                "You are invited to \(invite.organizationName)",
                ["Sign in with \(invite.email) to accept or decline. If you are new here, that makes your account."], facts: facts,
                way: ("Sign in to answer", Paths.signIn(as: invite.email.text, returningTo: Paths.invites)))
        }
        guard user.email == invite.email else {
            return PlainPage(
                "This invite is for somebody else",
                ["It was sent to \(invite.email), and you are signed in as \(user.email). Sign out, and in again with that address."],
                facts: facts, links: [("Your invites", Paths.invites)])
        }
        return PlainPage(
            "You are invited to \(invite.organizationName)", facts: facts,
            acts: InvitesPage.acts(on: invite, token: context.viewer.formToken))
    }

    @Sendable private func accept(_ form: SubmittedForm, _ context: PersonContext) async throws -> Response {
        guard let invite = try await people.invites.find(context.parameters.get("invite") ?? "", for: context.person.user) else {
            return .seeOther(Paths.invites).flashing("This invite is no longer open.")
        }
        let joined = try await people.invites.accept(invite, as: context.person.user, from: context.origin)
        return .seeOther(Paths.filled(Paths.organization, joined.slug)).flashing("Welcome to \(joined.name).")
    }

    @Sendable private func decline(_ form: SubmittedForm, _ context: PersonContext) async throws -> Response {
        guard let invite = try await people.invites.find(context.parameters.get("invite") ?? "", for: context.person.user) else {
            return .seeOther(Paths.invites).flashing("This invite is no longer open.")
        }
        try await people.invites.decline(invite, as: context.person.user, from: context.origin)
        return .seeOther(Paths.invites).flashing("The invite to \(invite.organizationName) is declined.")
    }
}

/// The invites that await an answer.
struct InvitesPage: Page {
    static let template = "invites"

    struct Row: Sendable {
        let organizationName: String
        let role: String
        let sender: String
        let until: String
        let acts: [PostButton]
    }

    let title = "Invites · Prikke"
    let email: String
    let rows: [Row]
    let isEmpty: Bool
}

extension InvitesPage {
    init(_ invites: [Invite], for user: User, token: String) {
        email = user.email.text
        rows = invites.map {
            Row(
                organizationName: $0.organizationName, role: $0.role.rawValue.capitalizedFirst, sender: $0.invitedBy ?? "–",
                until: $0.expiresAt.words,
                acts: Self.acts(on: $0, token: token))
        }
        isEmpty = rows.isEmpty
    }

    static func acts(on invite: Invite, token: String) -> [PostButton] {
        [
            PostButton(
                "Accept", to: Paths.filled(Paths.inviteAcceptance, invite.id.text), token: token, about: invite.organizationName,
                isPrimary: true),
            PostButton("Decline", to: Paths.filled(Paths.inviteRefusal, invite.id.text), token: token, about: invite.organizationName),
        ]
    }

    static let samples = [
        InvitesPage(email: "ada@example.com", rows: [], isEmpty: true),
        InvitesPage(
            email: "ada@example.com",
            rows: [
                .init(
                    organizationName: "Acme <b>", role: "admin", sender: "bob@example.com", until: "2026-12-07 08:05 UTC",
                    acts: [PageSamples.button])
            ], isEmpty: false),
    ]
}
