import JSON
import Outbound
import Secrets

/// Calls a URL through the guarded client.
public struct HTTPPlugin: JobPlugin {
    public static let kind = "http"

    public static let fields = [
        Field(
            "url", .string(1...2_048), required: true, label: "URL", help: "What to call: http or https.",
            example: "https://api.example.com/tick"),
        Field(
            "method", .choice(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
            help: "The request's method. Default: POST with a body, GET without.", example: "POST"),
        Field(
            "headers", .map(of: .string(0...8_192), keyLengths: 1...200, 0...50), default: [:],
            help:
                "Headers of your own, 16 KiB together. Those that Prikke sets itself are refused. A secret one comes back as ***, which keeps its value."
        ),
        Field(
            "secret_headers", .list(of: .string(1...200), 0...50),
            help: "Names of headers whose values are secret, beside those whose names tell so, such as Authorization."),
        Field("body", .string(0...349_528, multiline: true), nullable: true, help: "The request's body, up to 256 KiB."),
        Field(
            "body_encoding", .choice(["text", "base64"]),
            help: "How the body is written here: text (the default), or base64 for any bytes."),
        Field("follow_redirects", .boolean, default: false, help: "Follow up to 5 redirects, each checked like the first address."),
    ]

    /// In bytes, as sent.
    static let largestBody = 256 * 1_024

    private let client: OutboundClient
    private let policy: AddressPolicy
    private let userAgent: String

    /// `policy` is what the client itself keeps at each connect; here it is asked when a job is saved. `userAgent` is sent
    /// where a job names none.
    public init(client: OutboundClient, policy: AddressPolicy, userAgent: String) {
        self.client = client
        self.policy = policy
        self.userAgent = userAgent
    }

    /// The URL against the address policy, the headers, the body's encoding and size.
    public func check(_ config: JSON) -> [FieldError] {
        checkURL(config["url"]?.string ?? "") + RequestHeaders.check(config["headers"]?.object ?? [:])
            + checkNames(config) + checkBody(config)
    }

    /// A whole header among the names would be kept, and shown, in clear.
    private func checkNames(_ config: JSON) -> [FieldError] {
        (config["secret_headers"]?.array ?? []).enumerated().compactMap { index, name in
            guard let name = name.string, !RequestHeaders.isName(name) else { return nil }
            let detail = "Write only the header's name here; its value belongs under headers."
            return FieldError(pointer: "/secret_headers/\(index)", code: "invalid_format", detail: detail)
        }
    }

    private func checkURL(_ url: String) -> [FieldError] {
        do throws(AddressRefusal) {
            _ = try policy.check(url)
            return []
        } catch {
            return [FieldError(pointer: "/url", code: error.code.rawValue, detail: error.message)]
        }
    }

    private func checkBody(_ config: JSON) -> [FieldError] {
        guard let body = Self.bytes(of: config["body"], encoding: config["body_encoding"]) else {
            return [FieldError(pointer: "/body", code: "invalid_format", detail: "This is not base64 (RFC 4648, with padding).")]
        }
        guard body.count > Self.largestBody else { return [] }
        let detail = "The body has \(body.count) bytes; use at most \(Self.largestBody)."
        return [FieldError(pointer: "/body", code: "too_long", detail: detail)]
    }

    /// A method, where none was said.
    public func completed(_ config: JSON) -> JSON {
        guard config["method"] == nil, var members = config.object else { return config }
        members["method"] = (config["body"]?.string ?? "").isEmpty ? "GET" : "POST"
        return .object(members)
    }

    /// Scheme, host and port: whoever gets the secrets that the job sends.
    public func destination(of config: JSON) -> String {
        (try? policy.check(config["url"]?.string ?? "")).map { "\($0.scheme.rawValue)://\($0.hostText):\($0.port)" } ?? ""
    }

    /// The host of the URL.
    public func name(for config: JSON) -> String {
        (try? policy.check(config["url"]?.string ?? "")).map { String($0.hostText.prefix(200)) } ?? "Job"
    }

    /// One call through the guarded client, judged by the job's rules.
    public func run(_ call: JobCall) async -> Outcome {
        let url: TargetURL
        do throws(AddressRefusal) {
            url = try policy.check(call.config["url"]?.string ?? "")
        } catch {
            return Outcome(reason: .blockedAddress, message: error.message)
        }
        let body =
            call.override.map { Self.bytes(of: $0, encoding: nil) }
            ?? Self.bytes(of: call.config["body"], encoding: call.config["body_encoding"])
        let method = call.config["method"]?.string ?? "GET"
        // HEAD has no body on the wire: what is not sent is neither signed nor recorded.
        let sent = method == "HEAD" ? [] : body ?? []
        let headers = RequestHeaders.make(for: call, userAgent: userAgent, body: sent)
        let request: OutboundRequest
        do throws(OutboundRequest.Invalid) {
            request = try OutboundRequest(
                url: url, method: method, headers: headers, body: sent, timeout: call.timeout,
                followRedirects: call.config["follow_redirects"]?.bool ?? false, tenant: UInt64(call.organizationID.bytes))
        } catch {
            return Outcome(reason: .pluginLimit, message: "The job's method or one of its headers may not be sent; save the job again.")
        }
        var outcome = Self.outcome(of: await client.send(request), of: call)
        outcome.record.request = RequestHeaders.record(
            method: method, url: url.text, headers: headers, marked: RequestHeaders.marked(in: call.config), body: sent)
        return outcome
    }

    private static func outcome(of result: Result<OutboundResponse, OutboundFailure>, of call: JobCall) -> Outcome {
        switch result {
        case .success(let response):
            let duration = Duration.microseconds(response.timings.total)
            let failure = call.success.failure(
                status: response.status, body: response.body, isTruncated: response.truncated, duration: duration)
            var outcome = Outcome(reason: failure?.reason, message: failure?.message, statusCode: response.status)
            outcome.record = CallRecord(response)
            outcome.steering = Steering(
                status: response.status, isExpected: failure?.reason != .httpStatus, headers: response.headers,
                now: call.startedAt.adding(duration))
            if failure?.reason == .httpStatus, response.status == 410 { outcome.reason = .stoppedByTarget }
            return outcome
        case .failure(let failure):
            return Outcome(reason: Reason(failure.reason), message: failure.message, record: CallRecord(failure))
        }
    }

    static func bytes(of body: JSON?, encoding: JSON?) -> [UInt8]? {
        guard let text = body?.string else { return body.map { $0.isNull ? [] : $0.bytes() } ?? [] }
        return encoding == "base64" ? Base64.decode(text) : Array(text.utf8)
    }
}

extension UInt64 {
    /// Enough of an id to tell tenants apart: its last eight bytes are random.
    fileprivate init(_ id: [UInt8]) { self = id.suffix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

extension CallRecord {
    fileprivate init(_ timings: OutboundTimings) {
        self.init()
        (resolve, connect, tls, firstByte) = (timings.resolve, timings.connect, timings.tls, timings.firstByte)
    }

    fileprivate init(_ failure: OutboundFailure) {
        self.init(failure.timings)
        remoteAddress = failure.remoteAddress
    }

    fileprivate init(_ response: OutboundResponse) {
        self.init(response.timings)
        responseHeaders = .array(response.headers.map { [.string($0.name), .string($0.value)] })
        responseBody = response.body
        responseSize = response.size
        isTruncated = response.truncated
        remoteAddress = response.remoteAddress
    }
}

extension Reason {
    fileprivate init(_ reason: OutboundFailure.Reason) {
        self =
            switch reason {
            case .blockedAddress: .blockedAddress
            case .dnsFailed: .dnsFailed
            case .connectFailed: .connectFailed
            case .tlsFailed: .tlsFailed
            case .badResponse: .badResponse
            case .deadline: .deadline
            case .cancelled: .cancelledByUser
            }
    }
}
