import Tenancy

/// The ways that whoever is signed in has, as the layout shows them. (The stored names are long because a template knows no name
/// at two depths.)
struct Navigation: Sendable {
    struct Link: Sendable {
        let linkLabel: String
        let linkPath: String
        let isHere: Bool
        let linkHotkey: String
        let hasHotkey: Bool

        init(_ label: String, _ path: String, isHere: Bool, key: String = "") {
            (linkLabel, linkPath, self.isHere) = (label, path, isHere)
            (linkHotkey, hasHotkey) = (key, !key.isEmpty)
        }
    }

    /// The organization whose pages these are, or a word for there being none.
    let switcherLabel: String
    /// All that the person belongs to.
    let organizationLinks: [Link]
    let hasSections: Bool
    /// The pages of the organization that the person may see.
    let sectionLinks: [Link]
    let accountLabel: String
    let hasInvites: Bool
    let invitesLabel: String
    let accountPath = Paths.account
    let invitesPath = Paths.invites
    let newOrganizationPath = Paths.newOrganization
    let signOutPath = Paths.signOut

    /// `email` names the person; `organizations` are all that he belongs to; `access` is what he has in the one that the page
    /// belongs to, nil outside of any; `invites` so many await his answer, so many `incidents` are open; `path` is the
    /// page's own.
    init(
        email: String, organizations: [(name: String, slug: String)], access: Access?, invites: Int, incidents: Int = 0, path: String
    ) {
        accountLabel = email
        let slug = access?.organization.slug
        switcherLabel = access?.organization.name ?? "Organizations"
        organizationLinks = organizations.map { Link($0.name, Paths.organization($0.slug), isHere: $0.slug == slug) }
        sectionLinks = access.map { Self.sections($0, incidents, path) } ?? []
        hasSections = !sectionLinks.isEmpty
        hasInvites = invites > 0
        invitesLabel = "Invites (\(invites))"
    }

    private static func sections(_ access: Access, _ incidents: Int, _ path: String) -> [Link] {
        let slug = access.organization.slug
        let all: [(label: String, path: String, permission: Permission, key: String)] = [
            ("Overview", Paths.organization, .seeJobs, "g o"), ("Jobs", Paths.jobs, .seeJobs, "g j"),
            ("Executions", Paths.executions, .seeJobs, "g e"),
            (incidents == 0 ? "Alerts" : "Alerts (\(incidents < 100 ? "\(incidents)" : "99+"))", Paths.incidents, .seeAlerts, "g t"),
            ("Members", Paths.members, .seeMembers, "g m"),
            ("API keys", Paths.keys, .manageKeys, "g k"), ("Audit log", Paths.auditLog, .seeAuditLog, "g a"),
            ("Settings", Paths.settings, .changeSettings, "g s"),
        ]
        return all.filter { access.may($0.permission) }.map { section in
            let own = Paths.filled(section.path, slug)
            let isBelow = section.path != Paths.organization && path.hasPrefix(own + "/")
            return Link(section.label, own, isHere: path == own || isBelow, key: section.key)
        }
    }
}
