import JSON
import Tenancy

extension API {
    /// `/api/members`
    public static func members(_ memberships: Memberships) -> [Operation] {
        let find: @Sendable (PathParameters, Access) async throws -> Membership = { path, access in
            try await memberships.find(path["member"], for: access)
        }
        return [
            Operation(
                .get, "/api/members", id: "listMembers", summary: "Who belongs to the organization", permission: .seeMembers, body: .none,
                answers: [.ok(.all(Membership.shape))]
            ) { call in .ok(["data": .array(try await memberships.all(for: call.access).map(\.json))]) },
            Operation(
                .get, "/api/members/{member}", id: "getMember", summary: "One member, by the user’s id", permission: .seeMembers,
                body: .none, answers: [.ok(Membership.shape)], find: find
            ) { member, _ in .ok(member.json) },
            Operation(
                .patch, "/api/members/{member}", id: "changeMember", summary: "Give a member another role", permission: .manageMembers,
                body: .required(.object([Membership.roleField]).named("MemberChange")), answers: [.ok(Membership.shape)],
                refusals: [.conflict], find: find
            ) { member, call in
                let role = call.body["role"]?.string.flatMap(Role.init) ?? member.role
                return .ok(try await memberships.change(member.user.id, to: role, for: call.access).json)
            },
            Operation(
                .delete, "/api/members/{member}", id: "removeMember", summary: "Remove a member, from the next request on",
                permission: .manageMembers, body: .none, answers: [.noContent], refusals: [.conflict], find: find
            ) { member, call in
                try await memberships.remove(member.user.id, for: call.access)
                return .noContent
            },
        ]
    }

    /// `/api/invites`
    public static func invites(_ invites: Invites) -> [Operation] {
        let find: @Sendable (PathParameters, Access) async throws -> Invite = { path, access in
            try await invites.find(path["invite"], for: access)
        }
        return [
            Operation(
                .get, "/api/invites", id: "listInvites", summary: "The open invites, newest first", permission: .manageMembers, body: .none,
                answers: [.ok(.all(Invite.shape))]
            ) { call in .ok(["data": .array(try await invites.all(for: call.access).map(\.json))]) },
            Operation(
                .post, "/api/invites", id: "createInvite", summary: "Invite an address; it is sent a mail", permission: .manageMembers,
                body: .required(.object(Invite.fields).named("NewInvite")), answers: [.created(Invite.shape)], refusals: [.paymentRequired]
            ) { call in
                let role = call.body["role"]?.string.flatMap(Role.init) ?? .member
                let invite = try await invites.send(to: call.body["email"]?.string ?? "", as: role, for: call.access)
                return .created(invite.json, at: "/api/invites/\(invite.id.text)")
            },
            Operation(
                .get, "/api/invites/{invite}", id: "getInvite", summary: "One open invite", permission: .manageMembers, body: .none,
                answers: [.ok(Invite.shape)], find: find
            ) { invite, _ in .ok(invite.json) },
            Operation(
                .post, "/api/invites/{invite}/resend", id: "resendInvite", summary: "Mail an invite anew; its link before is dead",
                permission: .manageMembers, body: .nothing, answers: [.accepted(Invite.shape)], find: find
            ) { invite, call in .accepted(try await invites.resend(invite, for: call.access).json) },
            Operation(
                .delete, "/api/invites/{invite}", id: "revokeInvite", summary: "Take an invite back", permission: .manageMembers,
                body: .none, answers: [.noContent], find: find
            ) { invite, call in
                try await invites.revoke(invite, for: call.access)
                return .noContent
            },
        ]
    }
}
