import HTTPTypes
import Hummingbird
import Mail
import Time

/// Where Mailjet tells what became of mails. It repeats for a day what is not answered with 200, so nothing that it may say is an error;
/// what is no event at all is.
struct MailjetWebhook: Sendable {
    private static let largestBody = 1 << 20

    let events: MailEvents
    /// Seconds to wait, for a network that asks too often.
    let budget: @Sendable (_ network: String) async throws -> Int?

    func addRoutes(to router: Router<VisitorContext>) { router.post(RouterPath(Paths.mailjetEvents), use: take) }

    @Sendable func take(_ request: Request, _ context: VisitorContext) async throws -> Response {
        if let seconds = try await budget(context.client.network) { throw Problem.tooManyRequests(seconds: seconds) }
        guard events.admits(request.headers[.authorization]) else { throw Problem.wrongPassword }
        let body = try await BodyReader(request: request, channel: context.channel).bytes(upTo: Self.largestBody)
        do {
            try await events.take(body, at: .now())
        } catch is MailEvents.NotEvents {
            throw Problem(.badRequest, "invalid_json", "Send one event as an object, or a list of them.")
        }
        return Response(status: .ok)
    }
}

extension Problem {
    /// Of an address for one program alone.
    static let wrongPassword = Problem(
        .unauthorized, "unauthenticated", "Send the user and password that are configured here (HTTP Basic).",
        headers: [.wwwAuthenticate: "Basic realm=\"webhooks\", charset=\"UTF-8\""])
}
