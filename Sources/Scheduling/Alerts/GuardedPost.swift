import JSON
import Outbound
import Postgres
import Tenancy
import Time

/// One POST to a channel's URL, through the guarded client: how all kinds that have a URL call it. Follows no redirects.
struct GuardedPost: Sendable {
    private let client: OutboundClient
    private let policy: AddressPolicy
    private let userAgent: String

    /// All of a delivery, a second try of it in a plainer form included.
    static let patience = Duration.seconds(30)

    init(client: OutboundClient, policy: AddressPolicy, userAgent: String) {
        (self.client, self.policy, self.userAgent) = (client, policy, userAgent)
    }

    /// What `url` is to be, as every kind declares it.
    static func field(help: String, example: JSON) -> Field {
        Field("url", .string(1...2_048), required: true, secret: true, label: "Webhook URL", help: help, example: example)
    }

    // MARK: Before

    /// Asks the policy, as a job's URL does, and refuses what is no channel's.
    func check(_ settings: JSON) -> [FieldError] {
        let text = settings["url"]?.string ?? ""
        if let refusal = ChannelURL(text)?.refusal { return [FieldError(pointer: "/url", code: "not_allowed", detail: refusal.hint)] }
        do throws(AddressRefusal) {
            let url = try policy.check(text)
            // Where private networks are open, or on this machine, there may be no certificates.
            guard url.scheme == .http, policy.allowedNetworks.isEmpty, !isLoopback(url) else { return [] }
            return [FieldError(pointer: "/url", code: "invalid_url", detail: "A channel's URL must begin with https://.")]
        } catch {
            return [FieldError(pointer: "/url", code: error.code.rawValue, detail: error.message)]
        }
    }

    private func isLoopback(_ url: TargetURL) -> Bool {
        switch url.host {
        case .name(let name): name == "localhost"
        case .address(let address): address.isIPv6 ? address == IPAddress("::1") : address.bytes.first == 127
        }
    }

    /// The URL to call, if the policy still lets it be called.
    func url(_ text: String) throws(DeliveryFailure) -> TargetURL {
        do throws(AddressRefusal) {
            return try policy.check(text)
        } catch {
            throw DeliveryFailure(.refused, error.message)
        }
    }

    // MARK: The call

    /// Sends `body`, which is JSON, and waits for an answer, whatever its status. Throws where none came: as passing where nothing was
    /// sent, as unknown where it may have arrived.
    func send(
        _ body: [UInt8], _ headers: [(name: String, value: String)] = [], to url: TargetURL, of organization: ID<Organization>,
        since began: ContinuousClock.Instant
    ) async throws(DeliveryFailure) -> OutboundResponse {
        let all = [("User-Agent", userAgent), ("Accept", "*/*"), ("Content-Type", "application/json"), ("Prikke-Hop", "1")] + headers
        let request: OutboundRequest
        do throws(OutboundRequest.Invalid) {
            request = try OutboundRequest(
                url: url, method: "POST", headers: all, body: body, timeout: Self.patience - began.duration(to: .now),
                tenant: organization.tenant)
        } catch {
            throw DeliveryFailure(.refused, "A header of the request may not be sent.")
        }
        switch await client.send(request) {
        case .success(let response): return response
        case .failure(let failure): throw DeliveryFailure(failure)
        }
    }

    // MARK: The answer

    /// What follows from an answer that came: returns the answer where it says that the message was taken. `gone`: statuses after which
    /// nothing more should be sent. `refusing`: whether other 4xx are about this message; else it is sent again.
    static func judge(
        _ response: OutboundResponse, gone: Set<Int>, refusing: Bool, at now: Timestamp = .now()
    ) throws(DeliveryFailure) -> DeliveryAnswer {
        let answer = DeliveryAnswer(response)
        let status = response.status
        let said = words(of: response, answer)
        if (200..<300).contains(status) {
            // Slack's workflows say so.
            guard refusing, (try? JSON(parsing: response.body))?["ok"]?.bool == false else { return answer }
            throw DeliveryFailure(.refused, "The answer was \(status), but not “ok”\(said)", answer: answer)
        }
        if (300..<400).contains(status) {
            throw DeliveryFailure(.passing(after: nil), "The answer was a redirect (\(status)), which is not followed.", answer: answer)
        }
        let reason = "The answer was \(status)\(said)"
        if gone.contains(status) { throw DeliveryFailure(.gone, reason, answer: answer) }
        if refusing, (400..<500).contains(status), ![408, 425, 429].contains(status) {
            throw DeliveryFailure(.refused, reason, answer: answer)
        }
        throw DeliveryFailure(.passing(after: rest(after: response, at: now)), reason, answer: answer)
    }

    /// The vendor's own word for what is wrong, where it is short and no page.
    private static func words(of response: OutboundResponse, _ answer: DeliveryAnswer) -> String {
        let json = try? JSON(parsing: Array(answer.text.utf8))
        let text = ["message", "error"].compactMap { json?[$0]?.string }.first ?? answer.text
        let line = ChatText.line(text)
        guard !line.isEmpty, line.count <= 200, !line.hasPrefix("<") else { return "." }
        return ": " + (line.hasSuffix(".") ? line : line + ".")
    }

    /// How long the channel asks to be left alone, at most an hour: `retry_after` of Discord's JSON, in seconds and their fractions;
    /// else the header, in seconds or as a date; else when its rate limit begins anew.
    private static func rest(after response: OutboundResponse, at now: Timestamp) -> Duration? {
        if response.status == 429, let seconds = (try? JSON(parsing: response.body))?["retry_after"]?.double { return rest(seconds) }
        if let header = response.header("retry-after") {
            return Steering.wait(header, from: now) ?? Double(header).flatMap(rest)
        }
        guard response.status == 429 else { return nil }
        return response.header("x-ratelimit-reset-after").flatMap(Double.init).flatMap(rest)
    }

    private static func rest(_ seconds: Double) -> Duration? {
        guard seconds.isFinite, seconds >= 0 else { return nil }
        return .milliseconds(Int64((min(seconds, 3_600) * 1_000).rounded(.up)))
    }
}

extension DeliveryFailure {
    /// Of a call without an answer.
    init(_ failure: OutboundFailure) {
        switch (failure.reason, failure.timings.sent) {
        case (.blockedAddress, _): self.init(.refused, failure.message)
        // The client does not say how far it was.
        case (.cancelled, _): self.init(.unknown, "The call was broken off. The message may have arrived.")
        case (_, nil): self.init(.passing(after: nil), failure.message)
        // The beginning of an answer came, and it was no.
        case (_, _?) where (failure.status ?? 0) >= 400:
            self.init(.passing(after: nil), failure.message, answer: DeliveryAnswer(statusCode: failure.status, text: ""))
        default: self.init(.unknown, failure.message + " The message was sent and may have arrived.")
        }
    }
}

extension ID<Organization> {
    /// Enough of it to tell tenants apart: the last eight bytes are random.
    fileprivate var tenant: UInt64 { bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
