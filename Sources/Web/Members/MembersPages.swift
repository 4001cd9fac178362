import Hummingbird
import JSON
import Tenancy

/// Who belongs to an organization, and who is invited to.
struct MembersPages: Sendable {
    let people: People
    let pages: Pages

    func addRoutes(to member: RouterGroup<MemberContext>) {
        member.get(Paths.members, needs: .seeMembers, use: list)
        member.get(Paths.member, needs: .manageMembers, use: show)
        member.post(Paths.memberRole, needs: .manageMembers, form: [Membership.roleField], use: changeRole)
        member.get(Paths.memberRemoval, needs: .manageMembers, use: showRemoval)
        member.post(Paths.memberRemoval, needs: .manageMembers, use: remove)
        member.get(Paths.memberTransfer, needs: .transferOwnership, use: showTransfer)
        member.post(Paths.memberTransfer, needs: .transferOwnership, use: transfer)
        member.get(Paths.leaving, needs: .seeMembers, use: showLeaving)
        member.post(Paths.leaving, needs: .seeMembers, use: leave)
        member.post(Paths.sentInvites, needs: .manageMembers, form: Invite.fields, use: invite)
        member.post(Paths.sentInviteRepetition, needs: .manageMembers, use: resend)
        member.post(Paths.sentInviteRevocation, needs: .manageMembers, use: revoke)
    }

    // MARK: - The list

    @Sendable private func list(_ request: Request, _ context: MemberContext) async throws -> Response {
        try await list(form: inviteForm(context), context)
    }

    private func list(form: Form, _ context: MemberContext) async throws -> Response {
        let manages = context.access.may(.manageMembers)
        let members = try await people.memberships.all(for: context.access)
        let invites = manages ? try await people.invites.all(for: context.access) : []
        let page = MembersPage(
            members, invites: invites, inviting: manages ? [form] : [], context.person.user, context.access, token: context.viewer.formToken
        )
        return pages.answer(page, to: context.viewer)
    }

    private func inviteForm(_ context: MemberContext) -> Form {
        Form(
            to: Paths.filled(Paths.sentInvites, context.slug), token: context.viewer.formToken,
            fields: [
                FormField(Invite.fields[0], kind: .email, autocomplete: "off"),
                FormField(Invite.fields[1], kind: .select, value: "member", options: Self.roles(of: context.access)),
            ], button: "Invite")
    }

    /// Those that may be given.
    private static func roles(of access: Access) -> [FormField.Option] {
        Role.allCases.filter { access.role.isAtLeast($0) }.map { .init(value: $0.rawValue, label: $0.rawValue.capitalizedFirst) }
    }

    // MARK: - One member

    @Sendable private func show(_ request: Request, _ context: MemberContext) async throws -> Response {
        let member = try await find(context)
        return show(member, form: roleForm(member, context), context)
    }

    private func show(_ member: Membership, form: Form, _ context: MemberContext) -> Response {
        let (slug, id) = (context.slug, member.user.id.text)
        let isSelf = member.user.id == context.person.user.id
        var dangers: [PlainPage.Danger] = []
        if context.access.may(.transferOwnership), !isSelf {
            let path = Paths.filled(Paths.memberTransfer, slug, id)
            dangers.append(.init("Hand the organization over", "Makes this person an owner and you an admin.", "Hand over", at: path))
        }
        if !isSelf {
            let path = Paths.filled(Paths.memberRemoval, slug, id)
            dangers.append(.init("Remove from the organization", Self.removal, "Remove", at: path))
        }
        let page = PlainPage(
            member.user.email.text, ["A change holds from the next request on."],
            facts: Self.facts(of: member), forms: [form],
            links: [("All members", Paths.filled(Paths.members, slug))], dangers: dangers)
        return pages.answer(page, to: context.viewer)
    }

    private func roleForm(_ member: Membership, _ context: MemberContext) -> Form {
        Form(
            to: Paths.filled(Paths.memberRole, context.slug, member.user.id.text), token: context.viewer.formToken,
            fields: [FormField(Membership.roleField, kind: .select, value: member.role.rawValue, options: Self.roles(of: context.access))],
            button: "Change role")
    }

    @Sendable private func changeRole(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let member = try await find(context)
        return try await form.answer(redrawing: roleForm(member, context), with: { show(member, form: $0, context) }) { values in
            guard let role = values["role"]?.string.flatMap(Role.init) else { throw Problem.notFound }
            let path = Paths.filled(Paths.member, context.slug, member.user.id.text)
            return try await recently(role == .owner || member.role == .owner, on: path, context) {
                try await refusing(at: "/role") { _ = try await people.memberships.change(member.user.id, to: role, for: context.access) }
                log("role changed", member.user.id.text, context)
                return back(context).flashing("\(member.user.email) is \(role.rawValue) now.")
            }
        }
    }

    // MARK: - Invites

    @Sendable private func invite(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        try await form.answer(redrawing: inviteForm(context), with: { try await list(form: $0, context) }) { values in
            let role = values["role"]?.string.flatMap(Role.init) ?? .member
            let email = values["email"]?.string ?? ""
            let act = {
                try await refusing(at: "/email") { _ = try await people.invites.send(to: email, as: role, for: context.access) }
                log("invite sent", role.rawValue, context)
                return back(context).flashing("The invite is open for seven days. \(Self.oneMailADay)")
            }
            guard role == .owner else { return try await act() }
            return try await context.recently(on: Paths.filled(Paths.members, context.slug), act)
        }
    }

    @Sendable private func resend(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let invite = try await people.invites.find(context.parameters.get("invite") ?? "", for: context.access)
        return try await explained(context) {
            _ = try await people.invites.resend(invite, for: context.access)
            return back(context).flashing("The invite stays open. \(Self.oneMailADay)")
        }
    }

    @Sendable private func revoke(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let invite = try await people.invites.find(context.parameters.get("invite") ?? "", for: context.access)
        return try await explained(context) {
            try await people.invites.revoke(invite, for: context.access)
            return back(context).flashing("The invite is taken back.")
        }
    }

    /// The same whether or not one goes: others may have invited the address today.
    private static let oneMailADay = "It is mailed, unless the address has had an invite mail from Prikke today."

    // MARK: -

    /// Who owns the organization changes only by somebody who has just signed in.
    func recently(
        _ isOwnership: Bool, on path: String, _ context: MemberContext, _ act: () async throws -> Response
    ) async throws -> Response {
        guard isOwnership else { return try await act() }
        return try await context.recently(on: path, act)
    }

    func find(_ context: MemberContext) async throws -> Membership {
        try await people.memberships.find(context.parameters.get("member") ?? "", for: context.access)
    }

    func back(_ context: MemberContext) -> Response { .seeOther(Paths.filled(Paths.members, context.slug)) }

    /// What a button may not do is said on the page that it was pressed on.
    func explained(_ context: MemberContext, _ act: () async throws -> Response) async throws -> Response {
        do {
            return try await act()
        } catch let denial as Denial where ![Denial.notFound, .recentSignInNeeded].contains(denial) {
            return back(context).flashing(denial.sentence)
        }
    }

    func log(_ what: StaticString, _ whom: String, _ context: MemberContext) {
        context.logger.info(
            "\(what)",
            metadata: [
                "organization": "\(context.access.organization.id.text)", "by": "\(context.person.user.id.text)", "on": "\(whom)",
            ])
    }
}

/// What is denied to a form is said beside the field that it is about.
func refusing<Result>(at pointer: String, _ act: () async throws -> Result) async throws -> Result {
    do { return try await act() } catch let denial as Denial where ![Denial.notFound, .recentSignInNeeded].contains(denial) {
        throw InvalidInput(pointer: pointer, code: denial.code, detail: denial.sentence)
    }
}
