import JSON
import Scheduling
import Tenancy

extension Seed {
    /// Channels in every state, and incidents, open and closed, of jobs that are there by now. `receiver`: the beginning of what takes
    /// the signed webhooks.
    static func alert(_ services: Services, calling receiver: String, _ access: Access) async throws {
        let drafts: [JSON] = [
            ["name": "Our status board", "settings": ["url": .string(receiver + "ok")]],
            ["name": "#operations", "settings": ["url": "https://hooks.slack.com/services/T0DEMO000/B0DEMO000/notarealwebhookatall0000"]],
            [
                "name": "Gamers", "enabled": false,
                "settings": ["url": "https://discord.com/api/webhooks/100000000000000000/not-a-real-webhook-at-all"],
            ],
            ["name": "On call", "settings": ["to": "address", "address": "on-call@example.org"]],
        ]
        let invented = InventedAlerts(services.engine)
        for draft in drafts {
            let made = try await services.channels.create(draft, for: access)
            if made.kind == "slack" {
                try await invented.switchOff(made, because: "Slack answered 404: no_service.", for: access)
            }
        }
        let channels = try await services.channels.all(for: access).filter { [.on, .switchedOff].contains($0.state) }
        try await invented.write(incidents(services, access), to: channels, for: access)
        let stopped = try await services.incidents.page(.init(isOpen: true, kind: .stopped), limit: 1, for: access)
        for incident in stopped { _ = try await services.incidents.mute(incident, until: nil, for: access) }
    }

    private static func incidents(_ services: Services, _ access: Access) async throws -> [InventedAlerts.Entry] {
        func job(_ key: String) async throws -> Job.Identifier {
            try await services.jobs.find(.key("demo/" + key), for: access).id
        }
        let day: Int64 = 86_400
        return [
            .init(.failing, of: try await job("failing"), .httpStatus, "The target answered 504.", count: 7, from: 2_100),
            .init(.failing, of: try await job("hanging"), .deadline, "The target did not answer within 2 s.", count: 4, from: 2_400),
            .init(.missed, of: try await job("missed"), .startDeadline, "A run could not be started in time.", from: 4 * 3_600),
            .init(.stopped, of: try await job("gone"), .stoppedByTarget, "The target answered 410 (Gone).", from: 6 * 3_600),
            .init(
                .failing, of: try await job("import"), .httpStatus, "The target answered 503.", count: 3, from: 2 * day, to: 2 * day - 2_820
            ),
            .init(.failing, of: try await job("cache"), .connectFailed, "Connection refused.", from: 5 * day, to: 5 * day - 900),
            .init(
                .breaker, of: nil, host: "old-erp.example.com:443", .connectFailed, "Ten calls in a row found no connection.", count: 10,
                from: 9 * day, to: 9 * day - 5_400),
        ]
    }
}
