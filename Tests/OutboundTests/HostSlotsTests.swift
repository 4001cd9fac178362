import Testing

@testable import Outbound

@Suite("Calls to one host at a time")
struct HostSlotsTests {
    private func transfer(_ host: String, of tenant: UInt64 = 1) throws -> Transfer {
        let request = try OutboundRequest(url: TargetURL("http://\(host)/"), method: "GET", tenant: tenant)
        return Transfer(request, to: [], policy: AddressPolicy(), asked: .now, deadline: .now)
    }

    @Test func thoseAboveTheLimitWaitTheirTurn() throws {
        var slots = HostSlots(limit: 2)
        let transfers = try (0..<5).map { try transfer("a.example.com", of: [1, 2, 3, 3, 3][$0]) }
        let taken = transfers.map { slots.take(for: $0) }
        #expect(taken == [true, true, false, false, false])
        let elsewhere = slots.take(for: try transfer("b.example.com"))
        #expect(elsewhere)
        let left = slots.leave(transfers[3])
        #expect(left)
        let followers = [0, 0, 1, 2, 4].map { slots.release(transfers[$0]) }
        #expect(followers.map { $0.map { follower in transfers.firstIndex { $0 === follower } } } == [[2], [], [], [4], []])
        let afterwards = slots.take(for: try transfer("a.example.com"))
        #expect(afterwards)
    }

    @Test func whoDoesNotWaitCannotLeave() throws {
        var slots = HostSlots(limit: 1)
        let first = try transfer("a.example.com")
        _ = slots.take(for: first)
        let left = [slots.leave(first), slots.leave(try transfer("a.example.com"))]
        #expect(left == [false, false])
    }

    @Test func zeroIsNoLimit() throws {
        var slots = HostSlots(limit: 0)
        let taken = try (0..<1_000).map { _ in slots.take(for: try transfer("a.example.com")) }
        #expect(taken.allSatisfy { $0 })
    }

    @Test func aTenantMayHoldAsManyAsAreFree() throws {
        var slots = HostSlots(limit: 8)
        let taken = try (1...4).map { tenant in
            try (0..<8).count { _ in slots.take(for: try transfer("a.example.com", of: UInt64(tenant))) }
        }
        #expect(taken == [4, 2, 1, 1])
    }

    @Test func theTenantsTakeTurns() throws {
        var slots = HostSlots(limit: 2)
        var holder = try transfer("a.example.com", of: 9)
        _ = slots.take(for: holder)
        // Of a tenant that has its share, with many who wait before the others come.
        let waiting = try [9, 9, 9, 9, 8, 7, 8].map { try transfer("a.example.com", of: $0) }
        let begun = waiting.count { slots.take(for: $0) }
        #expect(begun == 1)  // the one place left is the first newcomer's
        var order: [Int] = []
        for _ in 0..<6 {
            let next = slots.release(holder)
            order += next.compactMap { follower in waiting.firstIndex { $0 === follower } }
            if let first = next.first { holder = first }
        }
        #expect(order == [0, 5, 1, 2, 3])
    }
}
