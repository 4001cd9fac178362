import Postgres
import TestSupport
import Testing

@testable import Tenancy

/// Alice owns Acme, Adam is an admin, Bob a member, Victor a viewer; Charlie is an outsider.
struct Cast: Sendable {
    let scene: Scene
    let acme: Organization
    let alice: Session
    let adam: Session
    let bob: Session
    let victor: Session
    let charlie: Session

    init(jobs: JobsOfOrganization = .none) async throws {
        scene = try Scene(jobs: jobs)
        acme = try await scene.found().organization
        alice = try await scene.signIn("alice@example.com")
        adam = try await scene.join(acme, "adam@example.com", as: .admin)
        bob = try await scene.join(acme, "bob@example.com", as: .member)
        victor = try await scene.join(acme, "victor@example.com", as: .viewer)
        charlie = try await scene.signIn("charlie@example.com", organization: "Other")
    }

    func access(_ session: Session) async throws -> Access { try await scene.access(session, to: acme) }

    func role(of session: Session) async throws -> Role? {
        try? await scene.access(session, to: acme).role
    }
}

@Suite(.database) struct MembershipsTests {
    @Test func anOutsiderHasNoAccess() async throws {
        let cast = try await Cast()
        #expect(try await cast.role(of: cast.charlie) == nil)
        #expect(try await cast.role(of: cast.victor) == .viewer)
    }

    @Test func aChangeOfRoleHoldsFromTheNextRequestOn() async throws {
        let cast = try await Cast()
        _ = try await cast.scene.memberships.change(cast.bob.user.id, to: .viewer, for: cast.access(cast.alice))
        #expect(try await cast.role(of: cast.bob) == .viewer)
        #expect(try await cast.scene.actions(cast.acme).last == "member.role_changed")
    }

    @Test func nobodyRaisesHimselfOrOthersAboveHisOwnRole() async throws {
        let cast = try await Cast()
        let adam = try await cast.access(cast.adam)
        for user in [cast.adam, cast.bob] {
            await #expect(throws: Denial.aboveOwnRole) { try await cast.scene.memberships.change(user.user.id, to: .owner, for: adam) }
        }
        #expect(try await cast.role(of: cast.adam) == .admin)
    }

    @Test func anAdminTouchesNoOwner() async throws {
        let cast = try await Cast()
        let adam = try await cast.access(cast.adam)
        await #expect(throws: Denial.aboveOwnRole) { try await cast.scene.memberships.change(cast.alice.user.id, to: .member, for: adam) }
        await #expect(throws: Denial.aboveOwnRole) { try await cast.scene.memberships.remove(cast.alice.user.id, for: adam) }
    }

    @Test func whoWasLoweredMeanwhileMayNoMore() async throws {
        let cast = try await Cast()
        let adam = try await cast.access(cast.adam)
        _ = try await cast.scene.memberships.change(cast.adam.user.id, to: .member, for: cast.access(cast.alice))
        await #expect(throws: Denial.aboveOwnRole) { try await cast.scene.memberships.remove(cast.victor.user.id, for: adam) }
        try await cast.scene.memberships.remove(cast.adam.user.id, for: cast.access(cast.alice))
        await #expect(throws: Denial.notFound) { try await cast.scene.memberships.remove(cast.victor.user.id, for: adam) }
    }

    /// A request takes its time; what is true behind the lock holds.
    @Test func whoWasRemovedMeanwhileChangesNothingAnyMore() async throws {
        let cast = try await Cast()
        let (scene, adam) = (cast.scene, try await cast.access(cast.adam))
        let key = try await scene.keys.issue(.init(name: "K", scopes: Set(Scope.allCases)), for: adam)
        let byKey = try #require(try await scene.keys.authenticate(key.text))
        let found = try await scene.keys.find(key.id.text, for: adam)
        try await scene.memberships.remove(cast.adam.user.id, for: cast.access(cast.alice))
        let acts: [@Sendable () async throws -> Void] = [
            { _ = try await scene.keys.issue(.init(name: "L", scopes: [.read]), for: adam) },
            { _ = try await scene.keys.issue(.init(name: "L", scopes: [.read]), for: byKey) },
            { _ = try await scene.keys.rotate(found, overlapHours: 1, for: adam) }, { try await scene.keys.revoke(found, for: adam) },
            { _ = try await scene.invites.send(to: "dora@example.com", as: .member, for: adam) },
            { _ = try await scene.invites.send(to: "dora@example.com", as: .member, for: byKey) },
            { _ = try await scene.organizations.change(["name": "Mine"], for: adam) },
            { _ = try await scene.signing.rotate(overlapHours: 1, for: adam, over: scene.database) },
        ]
        let before = try await scene.actions(cast.acme)
        for act in acts { await #expect(throws: Denial.self) { try await act() } }
        #expect(try await scene.actions(cast.acme) == before)
    }

    @Test func aKeyThatWasRevokedMeanwhileMakesNoOther() async throws {
        let cast = try await Cast()
        let (scene, alice) = (cast.scene, try await cast.access(cast.alice))
        let key = try await scene.keys.issue(.init(name: "K", scopes: Set(Scope.allCases)), for: alice)
        let byKey = try #require(try await scene.keys.authenticate(key.text))
        try await scene.keys.revoke(scene.keys.find(key.id.text, for: alice), for: alice)
        await #expect(throws: Denial.keyEnded) { try await scene.keys.issue(.init(name: "L", scopes: [.read]), for: byKey) }
    }

    @Test func theLastOwnerNeitherLeavesNorIsLowered() async throws {
        let cast = try await Cast()
        let alice = try await cast.access(cast.alice)
        await #expect(throws: Denial.lastOwner) { try await cast.scene.memberships.leave(alice) }
        await #expect(throws: Denial.lastOwner) { try await cast.scene.memberships.change(cast.alice.user.id, to: .admin, for: alice) }
        await #expect(throws: Denial.lastOwner) { try await cast.scene.memberships.remove(cast.alice.user.id, for: alice) }
    }

    @Test func ofTwoOwnersWhoLeaveAtOnceOneStays() async throws {
        let cast = try await Cast()
        let alice = try await cast.access(cast.alice)
        _ = try await cast.scene.memberships.change(cast.bob.user.id, to: .owner, for: alice)
        let bob = try await cast.access(cast.bob)
        await withTaskGroup(of: Void.self) { tasks in
            for number in 0..<50 { tasks.addTask { try? await cast.scene.memberships.leave(number % 2 == 0 ? alice : bob) } }
        }
        #expect(try await cast.scene.count("memberships WHERE organization_id = \(cast.acme.id) AND role = 'owner'") == 1)
    }

    @Test func ownershipIsTransferredBySomebodyWhoHasJustSignedIn() async throws {
        let cast = try await Cast()
        try await cast.scene.memberships.transfer(to: cast.bob.user.id, for: cast.access(cast.alice), in: cast.alice)
        #expect(try await cast.role(of: cast.bob) == .owner)
        #expect(try await cast.role(of: cast.alice) == .admin)
        try await cast.scene.database.query("UPDATE sessions SET created_at = now() - interval '11 minutes'")
        let bob = try await cast.scene.sessions.all(of: cast.bob.user.id)[0]
        let access = try await cast.access(cast.bob)
        await #expect(throws: Denial.recentSignInNeeded) {
            try await cast.scene.memberships.transfer(to: cast.alice.user.id, for: access, in: bob)
        }
    }

    @Test func anothersMemberIsAsGoodAsNone() async throws {
        let cast = try await Cast()
        let other = try await cast.scene.memberships.all(of: cast.charlie.user.id)[0].organization
        let charlie = try await cast.scene.access(cast.charlie, to: other)
        for id in [cast.bob.user.id.text, ID<User>().text, "usr_1", "", cast.acme.id.text] {
            await #expect(throws: Denial.notFound) { try await cast.scene.memberships.find(id, for: charlie) }
        }
        await #expect(throws: Denial.notFound) { try await cast.scene.memberships.remove(cast.bob.user.id, for: charlie) }
        #expect(try await cast.role(of: cast.bob) == .member)
    }

    @Test func thePermissionTableSaysWhatEachRoleMay() {
        let table: [(Permission, [Role], Scope?)] = [
            (.seeJobs, [.owner, .admin, .member, .viewer], .read), (.changeJobs, [.owner, .admin, .member], .write),
            (.seeAlerts, [.owner, .admin, .member, .viewer], .read), (.muteIncidents, [.owner, .admin, .member], .write),
            (.changeChannels, [.owner, .admin], .manage),
            (.seeOrganization, [.owner, .admin, .member, .viewer], .read), (.seeMembers, [.owner, .admin, .member, .viewer], .read),
            (.manageMembers, [.owner, .admin], .manage), (.manageKeys, [.owner, .admin], .manage),
            (.changeSettings, [.owner, .admin], .manage), (.seeAuditLog, [.owner, .admin], .manage), (.manageBilling, [.owner], nil),
            (.transferOwnership, [.owner], nil), (.deleteOrganization, [.owner], nil),
        ]
        #expect(table.count == Permission.allCases.count)
        for (permission, roles, scope) in table {
            #expect(Role.allCases.filter { permission.belongs(to: $0) } == roles && permission.scope == scope, "\(permission)")
        }
    }
}
