import Hummingbird
import JSON
import Tenancy

/// What an organization is called, signs with and is deleted by.
struct SettingsPages: Sendable {
    let people: People
    let pages: Pages
    let exportJobs: @Sendable (Access) async throws -> [JSON]

    func addRoutes(to member: RouterGroup<MemberContext>) {
        member.get(Paths.settings, needs: .changeSettings, use: settings)
        member.post(Paths.settings, needs: .changeSettings, form: Self.naming, use: rename)
        member.post(Paths.slugChange, needs: .changeSettings, form: [Self.slug], use: changeSlug)
        member.post(Paths.signingSecret, needs: .changeSettings, form: APIKey.rotationFields, use: rotateSigningSecret)
        member.get(Paths.organizationExport, needs: .changeSettings, use: export)
        member.get(Paths.organizationDeletion, needs: .deleteOrganization, use: showDeletion)
        member.post(Paths.organizationDeletion, needs: .deleteOrganization, form: [Self.confirmation], use: delete)
    }

    private static let naming = Organization.fields.filter { $0.name != "slug" }
    private static let slug = Organization.fields.first { $0.name == "slug" } ?? Field("slug", .string(3...40))
    private static let confirmation = Field(
        "confirmation", .string(1...200), required: true, label: "The organization’s name", help: "Type it to confirm.")

    @Sendable private func settings(_ request: Request, _ context: MemberContext) async throws -> Response {
        try await settings([namingForm(context), slugForm(context), secretForm(context)], context)
    }

    private func settings(_ forms: [Form], _ context: MemberContext) async throws -> Response {
        let secrets = try await people.signingSecrets(context.access)
        return pages.answer(
            SettingsPage(context.access, naming: forms[0], moving: forms[1], signing: forms[2], secrets), to: context.viewer)
    }

    private func namingForm(_ context: MemberContext) -> Form {
        let values = ["name": context.access.organization.name, "timezone": context.access.organization.timezone]
        return Form(
            to: Paths.filled(Paths.settings, context.slug), token: context.viewer.formToken,
            fields: Self.naming.map { FormField($0, value: values[$0.name] ?? "") }, button: "Save", id: "naming")
    }

    private func slugForm(_ context: MemberContext) -> Form {
        Form(
            to: Paths.filled(Paths.slugChange, context.slug), token: context.viewer.formToken,
            fields: [FormField(Self.slug, value: context.slug)], button: "Change the address", id: "moving")
    }

    private func secretForm(_ context: MemberContext) -> Form {
        Form(
            to: Paths.filled(Paths.signingSecret, context.slug), token: context.viewer.formToken,
            fields: [FormField(APIKey.rotationFields[0], kind: .number, value: "24")], button: "Make a new secret", id: "signing")
    }

    @Sendable private func rename(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        try await form.answer(
            redrawing: namingForm(context), with: { try await settings([$0, slugForm(context), secretForm(context)], context) }
        ) { values in
            let changed = try await people.organizations.change(.object(values), for: context.access)
            return .seeOther(Paths.filled(Paths.settings, changed.slug)).flashing("Saved.")
        }
    }

    @Sendable private func changeSlug(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        try await form.answer(
            redrawing: slugForm(context), with: { try await settings([namingForm(context), $0, secretForm(context)], context) }
        ) { values in
            let changed = try await refusing(at: "/slug") { try await people.organizations.change(.object(values), for: context.access) }
            return .seeOther(Paths.filled(Paths.settings, changed.slug)).flashing("Saved. The address before leads here for 30 days.")
        }
    }

    @Sendable private func rotateSigningSecret(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        try await form.answer(
            redrawing: secretForm(context), with: { try await settings([namingForm(context), slugForm(context), $0], context) }
        ) { values in
            try await context.recently(on: Paths.filled(Paths.settings, context.slug)) {
                let secret = try await people.rotateSigningSecret(Int(values["overlap_hours"]?.int ?? 24), context.access)
                context.logger.info("signing secret made", metadata: ["organization": "\(context.access.organization.id.text)"])
                let page = PlainPage(
                    "This is the new signing secret",
                    ["It is shown this once. Requests are signed with it and with the one before until that ends."], secret: secret,
                    links: [("Settings", Paths.filled(Paths.settings, context.slug))])
                return pages.answer(page, to: context.viewer)
            }
        }
    }

    /// Everything of the organization that people have made, and no secret.
    @Sendable private func export(_ request: Request, _ context: MemberContext) async throws -> Response {
        async let members = people.memberships.all(for: context.access)
        async let invites = people.invites.all(for: context.access)
        async let keys = people.keys.all(for: context.access)
        let jobs = try await exportJobs(context.access)
        let json: JSON = [
            "organization": context.access.organization.json, "members": .array(try await members.map(\.json)),
            "invites": .array(try await invites.map(\.json)), "api_keys": .array(try await keys.map(\.json)), "jobs": .array(jobs),
        ]
        return .download(json, named: "\(context.slug).json")
    }

    // MARK: - Deleting

    @Sendable private func showDeletion(_ request: Request, _ context: MemberContext) -> Response {
        deletion(form: deletionForm(context), context)
    }

    private func deletion(form: Form, _ context: MemberContext) -> Response {
        let page = PlainPage(
            "Delete \(context.access.organization.name)",
            [
                "Its jobs stop at once, and nobody gets in any more. For seven days an owner can undo it on their account page.",
                "After that everything is erased: jobs, history, members, keys and the audit log.",
            ], forms: [form])
        return pages.answer(page, to: context.viewer)
    }

    private func deletionForm(_ context: MemberContext) -> Form {
        Form(
            to: Paths.filled(Paths.organizationDeletion, context.slug), token: context.viewer.formToken,
            fields: [FormField(Self.confirmation)], button: "Delete it", cancel: Paths.filled(Paths.settings, context.slug),
            isDangerous: true)
    }

    @Sendable private func delete(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        try await form.answer(redrawing: deletionForm(context), with: { deletion(form: $0, context) }) { values in
            try values.check("confirmation", is: context.access.organization.name)
            return try await context.recently(on: Paths.filled(Paths.organizationDeletion, context.slug)) {
                try await people.organizations.delete(for: context.access, in: context.person.session)
                context.logger.info(
                    "organization deleted",
                    metadata: ["organization": "\(context.access.organization.id.text)", "by": "\(context.person.user.id.text)"])
                return .seeOther(Paths.account).flashing("\(context.access.organization.name) is deleted. You can undo it for seven days.")
            }
        }
    }
}

/// The forms of an organization's settings.
struct SettingsPage: Page {
    static let template = "settings"

    struct SecretRow: Sendable {
        let madeAt: String
        let holds: String
    }

    let title: String
    let naming: [Form]
    let moving: [Form]
    let signing: [Form]
    let secretRows: [SecretRow]
    let exportPath: String
    let isOwner: Bool
    let deletionPath: String
}

extension SettingsPage {
    init(_ access: Access, naming: Form, moving: Form, signing: Form, _ secrets: [SigningSecrets.Listed]) {
        self.init(
            title: "Settings · \(access.organization.name)", naming: [naming], moving: [moving], signing: [signing],
            secretRows: secrets.map {
                SecretRow(madeAt: $0.createdAt.words, holds: $0.expiresAt.map { "until \($0.words)" } ?? "until it is replaced")
            },
            exportPath: Paths.filled(Paths.organizationExport, access.organization.slug), isOwner: access.may(.deleteOrganization),
            deletionPath: Paths.filled(Paths.organizationDeletion, access.organization.slug))
    }

    static let samples = [
        SettingsPage(
            title: "Settings · Acme", naming: [PageSamples.form], moving: [PageSamples.form], signing: [PageSamples.form],
            secretRows: [.init(madeAt: "2026-11-30 08:05 UTC", holds: "until it is replaced")], exportPath: "/a", isOwner: true,
            deletionPath: "/b")
    ]
}
