import JSON
import Scheduling
import Tenancy

extension API {
    /// `/api/channels`
    public static func channels(_ channels: Channels, _ deliveries: Deliveries) -> [Operation] {
        let find: @Sendable (PathParameters, Access) async throws -> Channel = { path, access in
            try await channels.find(path["channel"], for: access)
        }
        let shown: @Sendable (Channel, Call) -> JSON = { $0.json(withSettings: $1.access.may(.changeChannels)) }
        let settings: JSON = ["url": "https://example.com/alerts"]
        return [
            Operation(
                .get, "/api/channels", id: "listChannels", summary: "Where the organization's alerts go", permission: .seeAlerts,
                body: .none,
                answers: [.ok(.all(Channel.shape))]
            ) { call in .ok(["data": .array(try await channels.all(for: call.access).map { shown($0, call) })]) },
            Operation(
                .post, "/api/channels", id: "createChannel", summary: "Add a channel: a URL, or whom to mail",
                description:
                    "Slack, Discord and the like are recognised from the URL. An address of nobody in the organization is mailed a link, and gets nothing before it confirms.",
                permission: .changeChannels,
                body: .required(Channel.draft(channels.words)).example(["name": "On call", "settings": settings]),
                answers: [.created(Channel.shape)], refusals: [.conflict]
            ) { call in
                let made = try await channels.create(call.body, for: call.access)
                return .created(shown(made, call), at: "/api/channels/\(made.id.text)")
            },
            Operation(
                .get, "/api/channels/{channel}", id: "getChannel", summary: "One channel", permission: .seeAlerts, body: .none,
                answers: [.ok(Channel.shape)], find: find
            ) { channel, call in .ok(shown(channel, call)) },
            Operation(
                .patch, "/api/channels/{channel}", id: "changeChannel",
                summary: "Change a channel; enabled: true also gives one that Prikke has switched off a new beginning",
                permission: .changeChannels, body: .change(Channel.change(channels.words)), answers: [.ok(Channel.shape)], find: find
            ) { channel, call in .ok(shown(try await channels.change(channel.id, call.body, for: call.access), call)) },
            Operation(
                .delete, "/api/channels/{channel}", id: "deleteChannel", summary: "Delete a channel; nothing more goes there",
                permission: .changeChannels, body: .none, answers: [.noContent], find: find
            ) { channel, call in
                try await channels.delete(channel.id, for: call.access)
                return .noContent
            },
            Operation(
                .post, "/api/channels/{channel}/test", id: "testChannel", summary: "Send a test there; its delivery says what comes of it",
                permission: .changeChannels, body: .nothing, answers: [.accepted(Delivery.shape)], refusals: [.conflict], find: find
            ) { channel, call in .accepted(try await channels.test(channel, for: call.access).json) },
            Operation(
                .get, "/api/channels/{channel}/deliveries", id: "listDeliveries", summary: "What was sent to a channel, newest first",
                permission: .seeAlerts, query: Paging.fields, body: .none, answers: [.ok(.page(of: Delivery.shape))], find: find
            ) { channel, call in
                let paging = Paging(call.query)
                let position = try paging.position(Deliveries.Position.init)
                let page = try await deliveries.page(of: channel, after: position, limit: paging.limit + 1, for: call.access)
                return paging.answer(
                    page, at: "/api/channels/\(channel.id.text)/deliveries", json: \.json, cursor: { Deliveries.Position($0).cursor })
            },
        ]
    }

    /// `/api/deliveries`
    public static func deliveries(_ deliveries: Deliveries) -> [Operation] {
        [
            Operation(
                .get, "/api/deliveries/{delivery}", id: "getDelivery", summary: "One delivery with its attempts", permission: .seeAlerts,
                body: .none, answers: [.ok(Delivery.shapeWithAttempts)],
                find: { path, access in try await deliveries.find(path["delivery"], for: access) }
            ) { found, _ in .ok(found.delivery.json(with: found.attempts)) },
            Operation(
                .post, "/api/deliveries/{delivery}/resend", id: "resendDelivery",
                summary: "Send one that has ended again, under the same id", permission: .changeChannels, body: .nothing,
                answers: [.accepted(Delivery.shape)], refusals: [.conflict],
                find: { path, access in try await deliveries.find(path["delivery"], for: access).delivery }
            ) { delivery, call in .accepted(try await deliveries.resend(delivery, for: call.access).json) },
        ]
    }
}
