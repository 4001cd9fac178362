import Tenancy
import Time

/// The members, the open invites, and a form to invite with.
struct MembersPage: Page {
    static let template = "members"

    struct MemberRow: Sendable {
        let email: String
        let memberPath: String
        let mayBeChanged: Bool
        let isSelf: Bool
        let memberRole: String
        let since: [Moment]
    }

    struct InviteRow: Sendable {
        let invited: String
        let invitedRole: String
        let sentAt: [Moment]
        let openUntil: [Moment]
        let inviteActs: [PostButton]
    }

    let title: String
    let lead: String
    let members: [MemberRow]
    let hasInvites: Bool
    let invites: [InviteRow]
    let isManager: Bool
    let inviting: [Form]
    let leavingPath: String
}

extension MembersPage {
    init(_ members: [Membership], invites: [Invite], inviting: [Form], _ user: User, _ access: Access, token: String) {
        let (slug, now) = (access.organization.slug, Timestamp.now())
        title = "Members · \(access.organization.name)"
        let taken = members.count + invites.count
        lead = access.entitlements.members.map { "\(taken) of \($0) places taken, open invites included." } ?? ""
        self.members = members.map {
            MemberRow(
                email: $0.user.email.text, memberPath: Paths.filled(Paths.member, slug, $0.user.id.text),
                mayBeChanged: access.may(.manageMembers) && access.role.isAtLeast($0.role), isSelf: $0.user.id == user.id,
                memberRole: $0.role.rawValue.capitalizedFirst, since: [Moment($0.createdAt, now: now)])
        }
        self.invites = invites.map { invite in
            let acts = [
                PostButton(
                    "Resend", to: Paths.filled(Paths.sentInviteRepetition, slug, invite.id.text), token: token, about: invite.email.text),
                PostButton(
                    "Revoke", to: Paths.filled(Paths.sentInviteRevocation, slug, invite.id.text), token: token, about: invite.email.text),
            ]
            return InviteRow(
                invited: invite.email.text, invitedRole: invite.role.rawValue.capitalizedFirst, sentAt: [Moment(invite.sentAt, now: now)],
                openUntil: [Moment(invite.expiresAt, now: now)],
                inviteActs: access.role.isAtLeast(invite.role) ? acts : [])
        }
        hasInvites = !invites.isEmpty
        isManager = !inviting.isEmpty
        self.inviting = inviting
        leavingPath = Paths.filled(Paths.leaving, slug)
    }

    static let samples = [
        MembersPage(
            title: "Members · Acme", lead: "",
            members: [
                .init(
                    email: "ada@example.com", memberPath: "/", mayBeChanged: false, isSelf: true, memberRole: "viewer",
                    since: [PageSamples.moment])
            ],
            hasInvites: false, invites: [], isManager: false, inviting: [], leavingPath: "/l"),
        MembersPage(
            title: "Members · Acme", lead: "3 of 10 places taken, open invites included.",
            members: [
                .init(
                    email: "ada@example.com", memberPath: "/a", mayBeChanged: true, isSelf: false, memberRole: "owner",
                    since: [PageSamples.moment])
            ],
            hasInvites: true,
            invites: [
                .init(
                    invited: "bob@example.com", invitedRole: "member", sentAt: [PageSamples.moment], openUntil: [PageSamples.moment],
                    inviteActs: [PageSamples.button])
            ], isManager: true, inviting: [PageSamples.form], leavingPath: "/l"),
    ]
}
