import Hummingbird
import JSON
import Scheduling
import Tenancy

/// The list of incidents, one of them, and silence.
struct AlertsPages: Sendable {
    let work: Work
    let pages: Pages

    func addRoutes(to member: RouterGroup<MemberContext>) {
        member.get(Paths.incidents, needs: .seeAlerts, use: list)
        member.get(Paths.incident, needs: .seeAlerts, use: show)
        member.post(Paths.incidentMute, needs: .muteIncidents, form: MuteForm.fields, use: mute)
        member.post(Paths.incidentUnmute, needs: .muteIncidents, form: [MuteForm.back], use: unmute)
    }

    private static let perPage = 25
    private static let query = [
        Field("state", .choice(IncidentsPage.Selection.allCases.map(\.rawValue))), Field("cursor", .string(1...100)),
    ]

    private var incidents: Incidents { work.alerts.incidents }

    private func frame(_ context: MemberContext) -> AlertFrame { AlertFrame(context, now: work.now) }

    @Sendable private func list(_ request: Request, _ context: MemberContext) async throws -> Response {
        let query = try request.query(Self.query)
        let selection = query["state"]?.string.flatMap(IncidentsPage.Selection.init) ?? .all
        let position = query["cursor"]?.string.map(Incidents.Position.init)
        if case .some(nil) = position {
            throw InvalidInput(pointer: "/cursor", code: "invalid_cursor", detail: "There is no such page. Begin with the newest.")
        }
        let access = context.access
        async let count = incidents.openCount(of: access.organization.id)
        async let channels = work.alerts.channels.names(for: access)
        let found = try await incidents.page(
            Incidents.Filter(isOpen: selection.isOpen), after: position ?? nil, limit: Self.perPage + 1, for: access)
        let shown = Array(found.prefix(Self.perPage))
        async let titles = work.jobs.titles(of: shown.compactMap(\.jobID), for: access)
        let content = IncidentsPage.Content(
            incidents: shown, names: try await titles, channels: try await channels,
            tellings: try await incidents.tellings(of: shown, for: access), open: try await count, selection: selection,
            next: found.count > Self.perPage ? shown.last.map { Incidents.Position($0).cursor } : nil, isFirst: position == nil,
            now: work.now)
        let icon = pages.assets.icon(hasAlarm: content.open > 0)
        return pages.answer(IncidentsPage(content, frame(context), icon: icon), to: context.viewer)
    }

    private func find(_ context: MemberContext) async throws -> Incident {
        try await incidents.find(context.parameters.get("incident") ?? "", for: context.access)
    }

    @Sendable private func show(_ request: Request, _ context: MemberContext) async throws -> Response {
        try await show(find(context), muting: nil, context)
    }

    private func show(_ incident: Incident, muting form: Form?, _ context: MemberContext) async throws -> Response {
        let access = context.access
        async let channels = work.alerts.channels.names(for: access)
        async let tellings = incidents.tellings(of: [incident], for: access)
        async let deliveries = work.alerts.deliveries.all(of: incident, for: access)
        let titles = try await work.jobs.titles(of: incident.jobID.map { [$0] } ?? [], for: access)
        let content = IncidentPage.Content(
            incident: incident, job: incident.jobID.flatMap { titles[$0] }, channels: try await channels,
            tellings: try await tellings[incident.id] ?? [], deliveries: try await deliveries)
        let icon = pages.assets.icon(hasAlarm: incident.closedAt == nil)
        return pages.answer(IncidentPage(content, muting: form, frame(context), icon: icon), to: context.viewer)
    }

    @Sendable private func mute(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let incident = try await find(context)
        return try await form.answer(
            redrawing: MuteForm.form(incident, frame(context)), with: { try await show(incident, muting: $0, context) }
        ) { values in
            let length = values["for"]?.string.flatMap(MuteForm.Length.init) ?? .ever
            let muted = try await incidents.mute(incident, until: length.end(work.now), for: context.access)
            return .seeOther(place(behind: values, incident, context)).flashing("\(muted.silence?.words ?? "Muted").")
        }
    }

    @Sendable private func unmute(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let incident = try await find(context)
        let values = try form.values()
        _ = try await incidents.unmute(incident, for: context.access)
        return .seeOther(place(behind: values, incident, context)).flashing("Alerts are told again.")
    }

    private func place(behind values: JSONObject, _ incident: Incident, _ context: MemberContext) -> String {
        switch (values["back"]?.string, incident.jobID) {
        case ("list", _): Paths.filled(Paths.incidents, context.slug)
        case ("job", let job?): Paths.filled(Paths.job, context.slug, job.text)
        default: Paths.filled(Paths.incident, context.slug, incident.id.text)
        }
    }
}
