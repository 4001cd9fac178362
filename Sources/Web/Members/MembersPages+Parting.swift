import Hummingbird
import Tenancy

/// What changes who is in an organization, or whose it is, and is not easily taken back: each asks on a page of its own.
extension MembersPages {
    static let removal = "Takes all access away at once. API keys that this person made go on working, but manage nothing more."

    static func facts(of member: Membership) -> [(String, String)] {
        [("Role", member.role.rawValue.capitalizedFirst), ("Member since", member.createdAt.words)]
    }

    // MARK: - Removing

    @Sendable func showRemoval(_ request: Request, _ context: MemberContext) async throws -> Response {
        let member = try await find(context)
        let page = PlainPage.asking(
            "Remove \(member.user.email)", ["\(Self.removal) To come back takes a new invite."],
            facts: [("Organization", context.access.organization.name)] + Self.facts(of: member),
            to: Paths.filled(Paths.memberRemoval, context.slug, member.user.id.text), "Remove them", cancel: path(of: member, context),
            context.viewer)
        return pages.answer(page, to: context.viewer)
    }

    @Sendable func remove(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let member = try await find(context)
        let path = Paths.filled(Paths.memberRemoval, context.slug, member.user.id.text)
        return try await recently(member.role == .owner, on: path, context) {
            try await explained(context) {
                try await people.memberships.remove(member.user.id, for: context.access)
                log("member removed", member.user.id.text, context)
                return back(context).flashing("\(member.user.email) is removed.")
            }
        }
    }

    // MARK: - Handing over

    @Sendable func showTransfer(_ request: Request, _ context: MemberContext) async throws -> Response {
        let member = try await find(context)
        let page = PlainPage.asking(
            "Hand \(context.access.organization.name) over",
            [
                "\(member.user.email) owns it from then on, and you are an admin.",
                "You cannot take it back: only an owner can give it back to you.",
            ], facts: [("New owner", member.user.email.text)] + Self.facts(of: member),
            to: Paths.filled(Paths.memberTransfer, context.slug, member.user.id.text), "Hand it over", cancel: path(of: member, context),
            context.viewer)
        return pages.answer(page, to: context.viewer)
    }

    @Sendable func transfer(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let member = try await find(context)
        return try await recently(true, on: Paths.filled(Paths.memberTransfer, context.slug, member.user.id.text), context) {
            try await explained(context) {
                try await people.memberships.transfer(to: member.user.id, for: context.access, in: context.person.session)
                log("ownership transferred", member.user.id.text, context)
                return back(context).flashing("\(member.user.email) owns the organization now, and you are an admin.")
            }
        }
    }

    // MARK: - Leaving

    @Sendable func showLeaving(_ request: Request, _ context: MemberContext) async throws -> Response {
        let last = "If nobody else owns it, make somebody else an owner first, or delete it under Settings."
        let page = PlainPage.asking(
            "Leave \(context.access.organization.name)",
            ["You lose access at once. To come back you need a new invite."] + (context.access.role == .owner ? [last] : []),
            facts: [("Your role", context.access.role.rawValue.capitalizedFirst)], to: Paths.filled(Paths.leaving, context.slug),
            "Leave it",
            cancel: Paths.filled(Paths.members, context.slug), context.viewer)
        return pages.answer(page, to: context.viewer)
    }

    @Sendable func leave(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        try await explained(context) {
            try await people.memberships.leave(context.access)
            log("member left", context.person.user.id.text, context)
            return .seeOther(Paths.account).flashing("You have left \(context.access.organization.name).")
        }
    }

    private func path(of member: Membership, _ context: MemberContext) -> String {
        Paths.filled(Paths.member, context.slug, member.user.id.text)
    }
}
