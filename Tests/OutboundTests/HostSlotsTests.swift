import Testing

@testable import Outbound

@Suite("Calls to one host at a time")
struct HostSlotsTests {
    private func transfer(_ host: String) throws -> Transfer {
        let request = try OutboundRequest(url: TargetURL("http://\(host)/"), method: "GET")
        return Transfer(request, to: [], policy: AddressPolicy(), asked: .now, deadline: .now)
    }

    @Test func thoseAboveTheLimitWaitTheirTurn() throws {
        var slots = HostSlots(limit: 2)
        let transfers = try (0..<5).map { _ in try transfer("a.example.com") }
        let taken = transfers.map { slots.take(for: $0) }
        #expect(taken == [true, true, false, false, false])
        let elsewhere = slots.take(for: try transfer("b.example.com"))
        #expect(elsewhere)
        let left = slots.leave(transfers[3])
        #expect(left)
        let followers = [0, 0, 1, 2, 4].map { slots.release(transfers[$0]) }
        #expect(followers.map { follower in transfers.firstIndex { $0 === follower } } == [2, nil, 4, nil, nil])
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
}
