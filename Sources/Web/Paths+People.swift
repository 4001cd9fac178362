import Tenancy

/// The paths about people and their organizations; those with braces are routes.
extension Paths {
    static let signInSent = "/users/log-in/sent"
    static let signInCode = "/users/log-in/code"
    static let signInLink = "/users/log-in/{token}"
    static let dashboard = "/dashboard"
    static let jobsOfDashboard = "/jobs"

    static let address = "/account/address"
    static let newAddress = "/account/address/{token}"
    static let oldAddress = "/account/address-back/{token}"
    static let endSession = "/account/sessions/{session}/end"
    static let endOtherSessions = "/account/sessions/end-others"
    static let endAllSessions = "/account/sessions/end-all"
    static let accountExport = "/account/export"
    static let accountDeletion = "/account/delete"
    static let organizations = "/organizations"
    static let organizationRestore = "/organizations/{organization}/restore"

    static let invite = "/invites/{invite}"
    static let inviteAcceptance = "/invites/{invite}/accept"
    static let inviteRefusal = "/invites/{invite}/decline"

    // Within an organization
    static let organization = "/{slug}"
    static let members = "/{slug}/members"
    static let member = "/{slug}/members/{member}"
    static let memberRole = "/{slug}/members/{member}/role"
    static let memberRemoval = "/{slug}/members/{member}/remove"
    static let memberTransfer = "/{slug}/members/{member}/transfer"
    static let leaving = "/{slug}/leave"
    static let sentInvites = "/{slug}/invites"
    static let sentInviteRepetition = "/{slug}/invites/{invite}/resend"
    static let sentInviteRevocation = "/{slug}/invites/{invite}/revoke"
    static let keys = "/{slug}/keys"
    static let key = "/{slug}/keys/{key}"
    static let keyRotation = "/{slug}/keys/{key}/rotate"
    static let keyRevocation = "/{slug}/keys/{key}/revoke"
    static let auditLog = "/{slug}/audit-log"
    static let auditExport = "/{slug}/audit-log/export"
    static let settings = "/{slug}/settings"
    static let slugChange = "/{slug}/settings/slug"
    static let signingSecret = "/{slug}/settings/signing-secret"
    static let organizationExport = "/{slug}/settings/export"
    static let organizationDeletion = "/{slug}/settings/delete"

    /// The page to sign in on, which leads back to `place`, a path of ours.
    static func signIn(returningTo place: String) -> String {
        let path = "\(signIn)?next=\(PercentEncoding.encode(place))"
        return place == landing || ReturnPath(path) == nil ? signIn : path
    }

    /// The same with the address already filled in.
    static func signIn(as email: String, returningTo place: String) -> String {
        "\(signIn)?email=\(PercentEncoding.encode(email))&next=\(PercentEncoding.encode(place))"
    }

    /// Whose address holds a token, or may.
    static let mailedLinks: Set = [signInLink, newAddress, oldAddress, invite, channelAgreement, channelLeaving]

    /// A route's path with these in the place of its braces, in order. They are slugs, ids and tokens, which need no encoding.
    static func filled(_ route: String, _ values: String...) -> String {
        var rest = values[...]
        return route.split(separator: "/").map { part in part.hasPrefix("{") ? rest.popFirst() ?? "" : String(part) }
            .reduce("") { "\($0)/\($1)" }
    }
}

extension Links {
    /// Of a site: mails lead to the configured address, whatever a request says.
    public init(site url: String) {
        self.init(
            signIn: { url + Paths.filled(Paths.signInLink, $0.text) }, newAddress: { url + Paths.filled(Paths.newAddress, $0.text) },
            oldAddress: { url + Paths.filled(Paths.oldAddress, $0.text) }, invite: { url + Paths.filled(Paths.invite, $0.text) },
            account: url + Paths.account, organizations: url + Paths.account, keys: { url + Paths.filled(Paths.keys, $0.slug) })
    }
}
