import JSON
import Postgres
import TestSupport
import Testing

@testable import Tenancy

@Suite(.database) struct InvitesTests {
    @Test func aPersonWithoutAnAccountJoinsThroughAnInvite() async throws {
        let cast = try await Cast()
        let sent = try await cast.scene.invites.send(to: "Dora@Example.com", as: .member, for: cast.access(cast.adam))
        #expect(sent.email.text == "dora@example.com" && sent.invitedBy == "adam@example.com")
        let link = cast.scene.mailed.last("invite")
        #expect(try await cast.scene.invites.find(link, for: nil)?.organizationName == "Acme")

        let dora = try await cast.scene.signIn("dora@example.com")
        #expect(try await cast.scene.memberships.all(of: dora.user.id).isEmpty)
        let invite = try #require(try await cast.scene.invites.all(for: dora.user).first)
        let joined = try await cast.scene.invites.accept(invite, as: dora.user, from: Origin(.page))
        #expect(joined.id == cast.acme.id)
        #expect(try await cast.role(of: dora) == .member)
        #expect(try await cast.scene.invites.find(link, for: dora.user) == nil)
        #expect(try await cast.scene.actions(cast.acme).suffix(2) == ["invite.sent", "member.joined"])
    }

    @Test func nobodyElseAcceptsIt() async throws {
        let cast = try await Cast()
        let invite = try await cast.scene.invites.send(to: "dora@example.com", as: .member, for: cast.access(cast.alice))
        await #expect(throws: Denial.otherAddress) {
            try await cast.scene.invites.accept(invite, as: cast.charlie.user, from: Origin(.page))
        }
        await #expect(throws: Denial.otherAddress) {
            try await cast.scene.invites.decline(invite, as: cast.charlie.user, from: Origin(.page))
        }
        #expect(try await cast.scene.invites.find(invite.id.text, for: cast.charlie.user) == nil)
        #expect(try await cast.role(of: cast.charlie) == nil)
    }

    @Test func nobodyInvitesAboveHisOwnRole() async throws {
        let cast = try await Cast()
        let adam = try await cast.access(cast.adam)
        await #expect(throws: Denial.aboveOwnRole) { try await cast.scene.invites.send(to: "dora@example.com", as: .owner, for: adam) }
    }

    @Test(arguments: [Role.member, nil])
    func anInviteIsVoidWhenItsSenderMayNoLongerGiveTheRole(role: Role?) async throws {
        let cast = try await Cast()
        let invite = try await cast.scene.invites.send(to: "dora@example.com", as: .member, for: cast.access(cast.adam))
        let alice = try await cast.access(cast.alice)
        if let role {
            _ = try await cast.scene.memberships.change(cast.adam.user.id, to: role, for: alice)
        } else {
            try await cast.scene.memberships.remove(cast.adam.user.id, for: alice)
        }
        let dora = try await cast.scene.signIn("dora@example.com")
        await #expect(throws: Denial.inviteVoid) { try await cast.scene.invites.accept(invite, as: dora.user, from: Origin(.page)) }
        #expect(try await cast.role(of: dora) == nil)
    }

    @Test func fiftyWhoAcceptAtOnceMakeOneMembership() async throws {
        let cast = try await Cast()
        let invite = try await cast.scene.invites.send(to: "dora@example.com", as: .viewer, for: cast.access(cast.alice))
        let dora = try await cast.scene.signIn("dora@example.com")
        let count = await withTaskGroup(of: Bool.self) { tasks in
            for _ in 0..<50 {
                tasks.addTask { (try? await cast.scene.invites.accept(invite, as: dora.user, from: Origin(.page))) != nil }
            }
            return await tasks.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(count == 1)
        #expect(try await cast.scene.count("memberships WHERE user_id = \(dora.user.id)") == 1)
    }

    @Test func whatIsRevokedDeclinedOrOverIsGone() async throws {
        let cast = try await Cast()
        let alice = try await cast.access(cast.alice)
        let dora = try await cast.scene.signIn("dora@example.com")
        let revoked = try await cast.scene.invites.send(to: "dora@example.com", as: .member, for: alice)
        try await cast.scene.invites.revoke(revoked, for: alice)
        await #expect(throws: Denial.notFound) { try await cast.scene.invites.accept(revoked, as: dora.user, from: Origin(.page)) }

        try await cast.scene.database.query("DELETE FROM rate_counts")
        let declined = try await cast.scene.invites.send(to: "dora@example.com", as: .member, for: alice)
        try await cast.scene.invites.decline(declined, as: dora.user, from: Origin(.page))
        #expect(try await cast.scene.invites.all(for: alice).isEmpty)

        try await cast.scene.database.query("DELETE FROM rate_counts")
        let over = try await cast.scene.invites.send(to: "dora@example.com", as: .member, for: alice)
        try await cast.scene.database.query("UPDATE invites SET expires_at = now()")
        #expect(try await cast.scene.invites.all(for: dora.user).isEmpty)
        await #expect(throws: Denial.notFound) { try await cast.scene.invites.accept(over, as: dora.user, from: Origin(.page)) }
    }

    @Test func anAddressHasOneOpenInviteAndAMemberNone() async throws {
        let cast = try await Cast()
        let alice = try await cast.access(cast.alice)
        _ = try await cast.scene.invites.send(to: "dora@example.com", as: .member, for: alice)
        await #expect(throws: Denial.alreadyInvited) { try await cast.scene.invites.send(to: "dora@example.com", as: .viewer, for: alice) }
        await #expect(throws: Denial.alreadyMember) { try await cast.scene.invites.send(to: "bob@example.com", as: .viewer, for: alice) }
    }

    @Test func anAddressIsMailedOneInviteADayOverAllOrganizations() async throws {
        let cast = try await Cast()
        let alice = try await cast.access(cast.alice)
        let invite = try await cast.scene.invites.send(to: "dora@example.com", as: .member, for: alice)
        let other = try await cast.scene.found("Third", ownedBy: "olga@example.com").organization
        let olga = try await cast.scene.access(cast.scene.signIn("olga@example.com"), to: other)
        let link = cast.scene.mailed.last("invite")
        _ = try await cast.scene.invites.resend(invite, for: alice)
        _ = try await cast.scene.invites.send(to: "dora@example.com", as: .member, for: olga)
        #expect(try await cast.scene.count("outbox WHERE kind = 'invite'") == 1)
        // Both are open all the same, and the link that was mailed is still good.
        #expect(try await cast.scene.invites.all(for: cast.scene.signIn("dora@example.com").user).count == 2)
        #expect(try await cast.scene.invites.find(link, for: nil)?.id == invite.id)
    }

    @Test func theLinkBeforeARepeatedMailIsDead() async throws {
        let cast = try await Cast()
        let alice = try await cast.access(cast.alice)
        let invite = try await cast.scene.invites.send(to: "dora@example.com", as: .member, for: alice)
        let old = cast.scene.mailed.last("invite")
        try await cast.scene.database.query("DELETE FROM rate_counts")
        _ = try await cast.scene.invites.resend(invite, for: alice)
        #expect(try await cast.scene.invites.find(old, for: nil) == nil)
        #expect(try await cast.scene.invites.find(cast.scene.mailed.last("invite"), for: nil)?.id == invite.id)
    }

    @Test func thePlansRoomCountsOpenInvitesAlsoWhenManyAskAtOnce() async throws {
        let scene = try Scene()
        let session = try await scene.signIn("alice@example.com", organization: "Small")
        let small = try #require(try await scene.memberships.all(of: session.user.id).first).organization
        let access = try await scene.access(session, to: small)
        let count = await withTaskGroup(of: Bool.self) { tasks in
            for number in 0..<20 {
                tasks.addTask { (try? await scene.invites.send(to: "b\(number)@example.com", as: .member, for: access)) != nil }
            }
            return await tasks.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(count == 1)
        await #expect(throws: Denial.memberLimitReached(2)) { try await scene.invites.send(to: "z@example.com", as: .member, for: access) }
    }

    @Test func whoBelongsAlreadyStaysWhatHeIs() async throws {
        let cast = try await Cast()
        let invite = try await cast.scene.invites.send(to: "new@example.com", as: .admin, for: cast.access(cast.alice))
        try await cast.scene.users.askToChangeAddress(to: "new@example.com", in: cast.victor)
        try await cast.scene.users.changeAddress(with: cast.scene.mailed.last("new_address"), in: cast.victor)
        let victor = try await cast.scene.signIn("new@example.com")
        _ = try await cast.scene.invites.accept(invite, as: victor.user, from: Origin(.page))
        #expect(try await cast.role(of: victor) == .viewer)
        #expect(try await cast.scene.actions(cast.acme).last == "invite.ended")
    }

    @Test func anothersInviteIsAsGoodAsNone() async throws {
        let cast = try await Cast()
        let invite = try await cast.scene.invites.send(to: "dora@example.com", as: .member, for: cast.access(cast.alice))
        let other = try await cast.scene.memberships.all(of: cast.charlie.user.id)[0].organization
        let charlie = try await cast.scene.access(cast.charlie, to: other)
        for id in [invite.id.text, ID<Invite>().text, "inv_1", ""] {
            await #expect(throws: Denial.notFound) { try await cast.scene.invites.find(id, for: charlie) }
        }
    }
}
