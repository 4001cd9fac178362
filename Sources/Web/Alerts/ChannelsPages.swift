import HTTPTypes
import Hummingbird
import JSON
import Mail
import Scheduling
import Tenancy

/// The list of channels and one of them.
struct ChannelsPages: Sendable {
    let work: Work
    let people: People
    let pages: Pages

    func addRoutes(to member: RouterGroup<MemberContext>) {
        let fields = ChannelForm.fields(channels.words)
        member.get(Paths.channels, needs: .seeAlerts, use: list)
        member.get(Paths.newChannel, needs: .changeChannels, use: showNew)
        member.post(Paths.newChannel, needs: .changeChannels, form: ChannelForm.newFields(channels.words), use: make)
        member.get(Paths.channel, needs: .seeAlerts, use: show)
        member.post(Paths.channel, needs: .changeChannels, form: fields, use: change)
        member.post(Paths.channelTest, needs: .changeChannels, use: test)
        member.post(Paths.channelSwitch, needs: .changeChannels, form: [Self.direction], use: turn)
        member.post(Paths.channelConfirmation, needs: .changeChannels, use: askAgain)
        member.post(Paths.channelRelease, needs: .changeChannels, form: [Self.recipient], use: release)
        member.get(Paths.channelDeletion, needs: .changeChannels, use: showDeletion)
        member.post(Paths.channelDeletion, needs: .changeChannels, use: delete)
        member.post(Paths.deliveryResending, needs: .changeChannels, use: resend)
    }

    static let direction = Field("to", .choice(["on", "off"]), default: "on")
    static let recipient = Field("email", .string(1...254), required: true)
    private static let perPage = 20
    private static let cursor = Field("cursor", .string(1...100))

    var channels: Channels { work.alerts.channels }
    func frame(_ context: MemberContext) -> AlertFrame { AlertFrame(context, now: work.now) }

    @Sendable private func list(_ request: Request, _ context: MemberContext) async throws -> Response {
        let all = try await channels.all(for: context.access)
        let latest = try await work.alerts.deliveries.latest(of: all, for: context.access)
        let bounces = try await bounces(of: all, context)
        let standings = all.map {
            ChannelStanding($0, label: channels.label(of: $0.kind), latest: latest[$0.id], bounces: bounces[$0.id] ?? [])
        }
        return pages.answer(ChannelsPage(standings, frame(context)), to: context.viewer)
    }

    // MARK: - One

    func find(_ context: MemberContext) async throws -> Channel {
        try await channels.find(context.parameters.get("channel") ?? "", for: context.access)
    }

    @Sendable private func show(_ request: Request, _ context: MemberContext) async throws -> Response {
        let channel = try await find(context)
        let position = try request.query([Self.cursor])["cursor"]?.string.map(Deliveries.Position.init)
        if case .some(nil) = position {
            throw InvalidInput(pointer: "/cursor", code: "invalid_cursor", detail: "There is no such page. Begin with the newest.")
        }
        return try await show(channel, form: try await settingsForm(channel, context), after: position ?? nil, context)
    }

    func show(
        _ channel: Channel, form: Form, after position: Deliveries.Position? = nil, _ context: MemberContext
    ) async throws -> Response {
        let deliveries = work.alerts.deliveries
        let found = try await deliveries.page(of: channel, after: position, limit: Self.perPage + 1, for: context.access)
        let shown = Array(found.prefix(Self.perPage))
        let standing = ChannelStanding(
            channel, label: channels.label(of: channel.kind), latest: shown.first,
            bounces: try await bounces(of: [channel], context)[channel.id] ?? [])
        let stopped = try await channels.bounces(of: [channel], for: context.access)[channel.id] ?? []
        let content = ChannelPage.Content(
            standing: standing, deliveries: shown, attempts: try await deliveries.attempts(of: shown.map(\.id), for: context.access),
            next: found.count > Self.perPage ? shown.last.map { Deliveries.Position($0).cursor } : nil, isFirst: position == nil,
            stopped: stopped.map(\.recipient))
        return pages.answer(ChannelPage(content, settings: form, frame(context)), to: context.viewer)
    }

    private func bounces(of channels: [Channel], _ context: MemberContext) async throws -> [Channel.Identifier: [JobNote]] {
        try await self.channels.bounces(of: channels, for: context.access).mapValues { bounces in
            bounces.map { JobNote("Mail to \($0.recipient) is stopped since \($0.since.words): \($0.words)", tone: "bad") }
        }
    }

    // MARK: - Trying it, switching it

    @Sendable private func test(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let channel = try await find(context)
        return try await refusable(channel, context) {
            _ = try await channels.test(channel, for: context.access)
            return "The test is on its way. It shows below what comes of it."
        }
    }

    @Sendable private func turn(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let channel = try await find(context)
        let isOn = try form.values()["to"] == "on"
        return try await refusable(channel, context) {
            let turned = try await channels.change(channel.id, ["enabled": .bool(isOn)], for: context.access)
            if turned.state == .unconfirmed { return "It is on, and waits for the address to confirm." }
            return "\(channel.name) is \(isOn ? "on" : "off")."
        }
    }

    @Sendable private func askAgain(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let channel = try await find(context)
        return try await refusable(channel, context) {
            try await channels.askAgain(channel.id, for: context.access)
            return "The mail is on its way once more."
        }
    }

    /// Mail to an address that bounced is tried again.
    @Sendable private func release(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let channel = try await find(context)
        let text = try form.values()["email"]?.string ?? ""
        guard let address = EmailAddress(text) else {
            throw InvalidInput(pointer: "/email", code: "invalid_format", detail: "This is no address. Load the page again.")
        }
        do { try await work.alerts.suppressions.release(address, for: context.access) } catch Denial.notFound {}
        return .seeOther(Paths.filled(Paths.channel, context.slug, channel.id.text)).flashing("Mail goes to \(address) again.")
    }

    @Sendable private func resend(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let deliveries = work.alerts.deliveries
        let delivery = try await deliveries.find(context.parameters.get("delivery") ?? "", for: context.access).delivery
        let channel = try await channels.find(delivery.channelID.text, for: context.access)
        return try await refusable(channel, context) {
            _ = try await deliveries.resend(delivery, for: context.access)
            return "It is sent once more."
        }
    }

    /// What cannot be done to it is said on its page, which shows how it stands.
    private func refusable(_ channel: Channel, _ context: MemberContext, _ act: () async throws -> String) async throws -> Response {
        var words: String
        do {
            words = try await act()
        } catch Refusal.conflict(_, let sentence) {
            words = sentence
        } catch let denial as Denial {
            guard case .tryLater = denial else { throw denial }
            words = denial.sentence
        }
        return .seeOther(Paths.filled(Paths.channel, context.slug, channel.id.text)).flashing(words)
    }

    // MARK: - Deleting

    @Sendable private func showDeletion(_ request: Request, _ context: MemberContext) async throws -> Response {
        let channel = try await find(context)
        let count = try await channels.jobs(naming: channel, for: context.access)
        let ofJobs = "\(Words.count(count, "job names", "jobs name")) it; they tell their other channels, or the organization’s."
        let form = Form(
            to: Paths.filled(Paths.channelDeletion, context.slug, channel.id.text), token: context.viewer.formToken, button: "Delete it",
            cancel: Paths.filled(Paths.channel, context.slug, channel.id.text), isDangerous: true)
        let page = PlainPage(
            "Delete \(channel.name)", ["Nothing more goes to \(channel.shown). It cannot be brought back."] + (count > 0 ? [ofJobs] : []),
            forms: [form])
        return pages.answer(page, to: context.viewer)
    }

    @Sendable private func delete(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let channel = try await find(context)
        try await channels.delete(channel.id, for: context.access)
        return .seeOther(Paths.filled(Paths.channels, context.slug)).flashing("\(channel.name) is deleted.")
    }
}
