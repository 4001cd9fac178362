import HTTPTypes
import Hummingbird
import Scheduling
import Tenancy

/// For outside addresses that alerts are to go to: a page to agree on, and one to leave by, both by the link of a mail.
struct ChannelConsent: Sendable {
    let channels: Channels
    let pages: Pages

    func addRoutes(to visitors: Router<VisitorContext>) {
        visitors.get(RouterPath(Paths.channelAgreement), use: showAgreement)
        visitors.post(Paths.channelAgreement, form: [], use: agree)
        visitors.get(RouterPath(Paths.channelLeaving), use: showLeaving)
        visitors.post(Paths.channelLeaving, form: [], use: leave)
        visitors.post(RouterPath(Paths.oneClickLeaving), use: leaveByOneClick)
    }

    private func asked(_ context: some RequestContext) async throws -> Channels.Asked? {
        try await channels.asked(by: context.parameters.get("token") ?? "")
    }

    private static let gone = PlainPage(
        "This link is no longer good", ["The channel was deleted, or leads elsewhere by now. Nothing goes to this address by it."])

    private func answer(_ page: PlainPage, _ context: VisitorContext) -> Response {
        pages.answer(page, to: context.viewer, .ok, [.referrerPolicy: "no-referrer"])
    }

    @Sendable private func showAgreement(_ request: Request, _ context: VisitorContext) async throws -> Response {
        try request.checkIsRead()
        guard let asked = try await asked(context) else { return answer(Self.gone, context) }
        let (token, form) = (context.parameters.get("token") ?? "", context.viewer.formToken)
        if asked.isConfirmed {
            return answer(
                PlainPage(
                    "\(asked.address) gets the alerts of \(asked.organization)", ["You can end that whenever you like."],
                    links: [("Stop them", Paths.filled(Paths.channelLeaving, token))]), context)
        }
        return answer(
            PlainPage(
                "Get the alerts of \(asked.organization)",
                [
                    "\(asked.organization) wants to send its alerts to \(asked.address): when a scheduled job fails, and when it works again.",
                    "If you do not know them, close this page: nothing is sent.",
                ],
                acts: [PostButton("Send them to me", to: Paths.filled(Paths.channelAgreement, token), token: form, isPrimary: true)]),
            context)
    }

    @Sendable private func agree(_ form: SubmittedForm, _ context: VisitorContext) async throws -> Response {
        guard let asked = try await asked(context) else { return answer(Self.gone, context) }
        try await channels.confirm(asked, from: context.client.address)
        return .seeOther(Paths.filled(Paths.channelAgreement, context.parameters.get("token") ?? "")).flashing("Thank you.")
    }

    @Sendable private func showLeaving(_ request: Request, _ context: VisitorContext) async throws -> Response {
        try request.checkIsRead()
        guard let asked = try await asked(context) else { return answer(Self.gone, context) }
        let (token, form) = (context.parameters.get("token") ?? "", context.viewer.formToken)
        guard asked.isConfirmed else {
            return answer(
                PlainPage("\(asked.address) gets no alerts of \(asked.organization)", ["Nothing goes there unless you agree anew."]),
                context)
        }
        return answer(
            PlainPage(
                "Stop the alerts of \(asked.organization)", ["Nothing more goes to \(asked.address)."],
                acts: [PostButton("Stop them", to: Paths.filled(Paths.channelLeaving, token), token: form, isPrimary: true)]), context)
    }

    @Sendable private func leave(_ form: SubmittedForm, _ context: VisitorContext) async throws -> Response {
        guard let asked = try await asked(context) else { return answer(Self.gone, context) }
        try await channels.leave(asked, from: context.client.address)
        return .seeOther(Paths.filled(Paths.channelLeaving, context.parameters.get("token") ?? "")).flashing("Done.")
    }

    /// What mail programs post by themselves when somebody presses their own button (RFC 8058): without cookies, and answered alike
    /// whatever the token is.
    @Sendable private func leaveByOneClick(_ request: Request, _ context: VisitorContext) async throws -> Response {
        if let asked = try await asked(context) { try await channels.leave(asked, from: context.client.address) }
        return Response(status: .noContent)
    }
}
