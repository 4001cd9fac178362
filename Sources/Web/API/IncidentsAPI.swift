import JSON
import Scheduling
import Tenancy
import Time

extension API {
    /// `/api/incidents`
    public static func incidents(_ incidents: Incidents, _ deliveries: Deliveries) -> [Operation] {
        let find: @Sendable (PathParameters, Access) async throws -> Incident = { path, access in
            try await incidents.find(path["incident"], for: access)
        }
        return [
            Operation(
                .get, "/api/incidents", id: "listIncidents", summary: "What is failing, then what was, each newest first",
                permission: .seeAlerts, query: Paging.fields + Incidents.Filter.fields, body: .none,
                answers: [.ok(.page(of: Incident.shape))]
            ) { call in
                let paging = Paging(call.query)
                let position = try paging.position(Incidents.Position.init)
                let page = try await incidents.page(
                    Incidents.Filter(call.query), after: position, limit: paging.limit + 1, for: call.access)
                return paging.answer(page, at: "/api/incidents", json: \.json, cursor: { Incidents.Position($0).cursor })
            },
            Operation(
                .get, "/api/incidents/{incident}", id: "getIncident", summary: "One incident: whom it was told, and how",
                permission: .seeAlerts, body: .none, answers: [.ok(Incident.shapeWithTellings)], find: find
            ) { incident, call in
                let told = try await incidents.tellings(of: [incident], for: call.access)[incident.id] ?? []
                return .ok(incident.json(told: told, by: try await deliveries.all(of: incident, for: call.access)))
            },
            Operation(
                .post, "/api/incidents/{incident}/mute", id: "muteIncident",
                summary: "Tell nobody about its subject, its job or its host, until a time, or until somebody ends that",
                permission: .muteIncidents, body: .optional(.object(Incident.muting).named("Muting")), answers: [.ok(Incident.shape)],
                find: find
            ) { incident, call in
                let until = call.body["until"]?.string.flatMap { Timestamp(rfc3339: $0) }
                return .ok(try await incidents.mute(incident, until: until, for: call.access).json)
            },
            Operation(
                .post, "/api/incidents/{incident}/unmute", id: "unmuteIncident", summary: "End the silence; what still lasts is told now",
                permission: .muteIncidents, body: .nothing, answers: [.ok(Incident.shape)], find: find
            ) { incident, call in .ok(try await incidents.unmute(incident, for: call.access).json) },
        ]
    }
}

extension Incidents.Filter {
    static let fields = [
        Field("state", .choice(["open", "closed"])), Field("kind", .choice(Incident.Kind.allCases.map(\.rawValue))),
        Field("job", .string(1...110), help: "A job’s id, or key: and its key."),
    ]

    /// Reads what `fields` let through.
    init(_ query: JSONObject) {
        self.init(
            isOpen: query["state"]?.string.map { $0 == "open" }, kind: query["kind"]?.string.flatMap(Incident.Kind.init),
            job: query["job"]?.string)
    }
}
