import Tenancy

/// The ways that whoever is signed in has, as the layout shows them. (The stored names are long because a template knows no name
/// at two depths.)
struct Navigation: Sendable {
    struct Link: Sendable {
        let linkLabel: String
        let linkPath: String
        let isHere: Bool

        init(_ label: String, _ path: String, isHere: Bool) { (linkLabel, linkPath, self.isHere) = (label, path, isHere) }
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
    /// belongs to, nil outside of any; `invites` so many await his answer; `path` is the page's own.
    init(email: String, organizations: [(name: String, slug: String)], access: Access?, invites: Int, path: String) {
        accountLabel = email
        let slug = access?.organization.slug
        switcherLabel = access?.organization.name ?? "Organizations"
        organizationLinks = organizations.map { Link($0.name, Paths.organization($0.slug), isHere: $0.slug == slug) }
        sectionLinks = access.map { Self.sections($0, path) } ?? []
        hasSections = !sectionLinks.isEmpty
        hasInvites = invites > 0
        invitesLabel = "Invites (\(invites))"
    }

    private static func sections(_ access: Access, _ path: String) -> [Link] {
        let slug = access.organization.slug
        let all: [(String, String, Permission)] = [
            ("Members", Paths.members(slug), .seeMembers), ("API keys", Paths.keys(slug), .manageKeys),
            ("Audit log", Paths.auditLog(slug), .seeAuditLog), ("Settings", Paths.settings(slug), .changeSettings),
        ]
        let overview = Link("Overview", Paths.organization(slug), isHere: path == Paths.organization(slug))
        return [overview]
            + all.filter { access.may($0.2) }.map { Link($0.0, $0.1, isHere: path == $0.1 || path.hasPrefix($0.1 + "/")) }
    }
}
