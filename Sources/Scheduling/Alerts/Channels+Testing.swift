import JSON
import Postgres
import Tenancy
import Time

/// Trying a channel.
extension Channels {
    /// Sends a test: a delivery like any other, whose attempts say what came of it. Throws `Refusal.conflict` where the channel is off,
    /// `Denial.tryLater`.
    public func test(_ channel: Channel, for access: Access) async throws -> Delivery {
        let (id, organization) = (ID<Delivery>(), access.organization.id)
        return try await database.transaction { transaction in
            let now = try await access.begin(in: transaction)
            let current = try await find(channel.id, for: access, over: transaction).channel
            guard current.state == .on else { throw Refusal.isOff(current.state) }
            try await limits.countChannelTest(for: access, in: transaction)
            let message = test(of: current, at: now, for: access)
            try await transaction.batch(
                [
                    Deliveries.insertion(id, to: current.id, message, at: now, of: organization),
                    access.entry(at: now, "channel.tested", on: current.id.text, after: ["delivery": .string(id.text)]).insertion,
                ] + Deliveries.wake(organization, database))
            return try await Deliveries.find(id, of: organization, over: transaction)
        }
    }

    private func test(of channel: Channel, at now: Timestamp, for access: Access) -> AlertMessage {
        AlertMessage(
            event: "test", tone: .neutral, title: "Test from Prikke",
            paragraphs: ["This is what an alert of \(access.organization.name) looks like here. Nothing is wrong."],
            facts: [.init("Organization", access.organization.name), .init("Channel", channel.name)], action: "See the channel",
            url: links.channel(access.organization, channel.id), happenedAt: now, data: ["channel_id": .string(channel.id.text)])
    }
}

extension Refusal {
    static func isOff(_ state: Channel.State) -> Refusal {
        let words =
            state == .unconfirmed
            ? "The address has not confirmed yet, so it gets nothing." : "The channel is off, so nothing is sent there. Switch it on first."
        return .conflict("channel_off", sentence: words)
    }
}
