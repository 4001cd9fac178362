import Tenancy
import Time

/// A person's own page: address, sessions, organizations, data.
struct AccountPage: Page {
    static let template = "account"

    struct SessionRow: Sendable {
        let device: String
        let place: String
        let lastUsed: [Moment]
        let isThisOne: Bool
        /// One, or none.
        let ending: [PostButton]
    }

    struct OrganizationRow: Sendable {
        let organizationName: String
        let organizationPath: String
        let isOpen: Bool
        let role: String
        let deletion: String
        let restoring: [PostButton]
    }

    let title = "Account · Prikke"
    let email: String
    let sessions: [SessionRow]
    let endings: [PostButton]
    let organizations: [OrganizationRow]
    let hasNoOrganizations: Bool
    let changing: [Form]
    let newOrganizationTarget = Paths.newOrganization
    let exportPath = Paths.accountExport
    let deletionPath = Paths.accountDeletion
}

extension AccountPage {
    init(_ person: Person, sessions: [Session], form: Form, token: String) {
        email = person.user.email.text
        self.sessions = sessions.map { session in
            let isThisOne = session.id == person.session.id
            return SessionRow(
                device: session.device, place: session.address ?? "unknown", lastUsed: [Moment(session.lastUsedAt, now: .now())],
                isThisOne: isThisOne,
                ending: isThisOne
                    ? []
                    : [PostButton("End", to: Paths.filled(Paths.endSession, session.id.text), token: token, about: session.device)])
        }
        endings = [
            PostButton("End all others", to: Paths.endOtherSessions, token: token),
            PostButton("End all", to: Paths.endAllSessions, token: token),
        ]
        organizations = person.memberships.map { own in
            OrganizationRow(
                organizationName: own.organization.name, organizationPath: Paths.filled(Paths.organization, own.organization.slug),
                isOpen: own.erasedAt == nil, role: own.role.rawValue.capitalizedFirst,
                deletion: own.erasedAt.map { "To be erased at \($0.words)" } ?? "",
                restoring: own.erasedAt == nil
                    ? []
                    : [
                        PostButton(
                            "Undo", to: Paths.filled(Paths.organizationRestore, own.organization.slug), token: token,
                            about: "the deletion of \(own.organization.name)")
                    ])
        }
        hasNoOrganizations = organizations.isEmpty
        changing = [form]
    }

    static let samples = [
        AccountPage(
            email: "ada@example.com",
            sessions: [
                .init(device: "Firefox on Linux", place: "192.0.2.1", lastUsed: [PageSamples.moment], isThisOne: true, ending: [])
            ],
            endings: [], organizations: [], hasNoOrganizations: true, changing: [PageSamples.form]),
        AccountPage(
            email: "ada@example.com",
            sessions: [
                .init(
                    device: "Firefox on Linux", place: "192.0.2.1", lastUsed: [PageSamples.moment], isThisOne: false,
                    ending: [PageSamples.button])
            ], endings: [PageSamples.button],
            organizations: [
                .init(
                    organizationName: "Acme <b>", organizationPath: "/acme", isOpen: false, role: "owner",
                    deletion: "To be erased at 2026-12-07 08:05 UTC", restoring: [PageSamples.button]),
                .init(organizationName: "Other", organizationPath: "/other", isOpen: true, role: "viewer", deletion: "", restoring: []),
            ], hasNoOrganizations: false, changing: [PageSamples.form]),
    ]
}
