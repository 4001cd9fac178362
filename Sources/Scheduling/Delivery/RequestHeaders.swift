import JSON
import Outbound
import Postgres
import Secrets
import Time

/// The headers of an outgoing request: the tenant's own, checked when saved, and ours, which tell the target which
/// execution this is and that it comes from us (`webhook-*`: Standard Webhooks).
enum RequestHeaders {
    // MARK: The tenant's

    /// What would forge our own, beside the fields that frame a message and that `HeaderRules` refuses.
    private static let refused: Set<String> = ["forwarded", "traceparent", "cookie2"]
    private static let refusedBeginnings = ["proxy-", "webhook-", "prikke-", "x-forwarded-"]
    private static let mostBytes = 16 * 1024

    /// Whether this can be a header's name: a token of RFC 9110 §5.6.2.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    static func check(_ headers: JSONObject) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (name, value) in headers {
            let lower = name.lowercased()
            let pointer = "/headers/\(name.replacing("~", with: "~0").replacing("/", with: "~1"))"
            if let problem = problem(name, lower, value.string ?? "", isRepeated: !seen.insert(lower).inserted) {
                errors.append(FieldError(pointer: pointer, code: problem.code, detail: problem.detail))
            }
        }
        if headers.reduce(0, { $0 + $1.key.utf8.count + ($1.value.string?.utf8.count ?? 0) }) > mostBytes {
            errors.append(FieldError(pointer: "/headers", code: "too_long", detail: "Headers hold at most 16 KiB together."))
        }
        return errors
    }

    /// The name is judged as it is written: some letters that are not ASCII have lower-case ones that are.
    private static func problem(_ name: String, _ lower: String, _ value: String, isRepeated: Bool) -> (code: String, detail: String)? {
        switch HeaderRules.refusal(name: name, value: value) {
        case .name: return ("invalid_format", "A header's name holds letters, digits and hyphens.")
        case .value: return ("invalid_format", "A header's value holds no line breaks or control characters and no blanks at its ends.")
        case .framing: return ("not_allowed", "Prikke sets this header itself; remove it.")
        case nil: break
        }
        if refused.contains(lower) || refusedBeginnings.contains(where: lower.hasPrefix) {
            return ("not_allowed", "Prikke sets this header itself; remove it.")
        }
        return isRepeated ? ("not_allowed", "This header is named twice; keep one.") : nil
    }

    // MARK: As sent

    static func make(for call: JobCall, userAgent: String, body: [UInt8]) -> [(name: String, value: String)] {
        let own = (call.config["headers"]?.object ?? [:]).map { (name: $0.key, value: $0.value.string ?? "") }
        let ownNames = Set(own.map { $0.name.lowercased() })
        let seconds = call.startedAt.seconds
        let id = call.executionID.text
        var headers = own
        if !ownNames.contains("user-agent") { headers.append(("User-Agent", userAgent)) }
        if !ownNames.contains("accept") { headers.append(("Accept", "*/*")) }
        if !body.isEmpty, !ownNames.contains("content-type") { headers.append(("Content-Type", contentType(of: body))) }
        headers += [
            ("Prikke-Job-Id", call.jobID.text),
            ("Prikke-Execution-Id", id),
            ("Prikke-Attempt", String(call.attempt)),
            ("Prikke-Scheduled-For", call.scheduledFor.rfc3339),
            ("Prikke-Lateness-Ms", String(call.lateness.microseconds / 1_000)),
            ("Prikke-Trigger", call.trigger.rawValue),
            ("Prikke-Hop", "1"),
            ("traceparent", traceparent(of: call.executionID)),
            ("webhook-id", id),
            ("webhook-timestamp", String(seconds)),
        ]
        if let signature = try? WebhookSignature(keys: call.signingSecrets) {
            headers.append(("webhook-signature", signature.sign(id: id, timestamp: seconds, body: body)))
        }
        return headers
    }

    /// A body that looks like JSON is called so; everything else is text.
    private static func contentType(of body: [UInt8]) -> String {
        let first = body.first { $0 > 0x20 }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? "application/json" : "text/plain; charset=utf-8"
    }

    /// W3C Trace Context: the execution is the trace, the attempt a span of it.
    private static func traceparent(of id: ID<Execution>) -> String {
        "00-\(Hex.encode(id.bytes))-\(Hex.encode(RandomBytes.make(8)))-01"
    }

    // MARK: As recorded

    /// The request for people to look at later; what authorises it is masked.
    static func record(
        method: String, url: String, headers: [(name: String, value: String)], marked: Set<String> = [], body: [UInt8]
    ) -> JSON {
        let shown = headers.map { JSON.array([.string($0.name), isSecret($0.name, marked: marked) ? ConfigPath.mask : .string($0.value)]) }
        var request: JSONObject = ["method": .string(method), "url": .string(url), "headers": .array(shown)]
        guard !body.isEmpty else { return .object(request) }
        let (text, encoding) = BodyText.of(body)
        request["body"] = .string(text)
        request["encoding"] = .string(encoding)
        return .object(request)
    }

    /// What a config marks as secret beside that.
    static func marked(in config: JSON) -> Set<String> {
        Set((config["secret_headers"]?.array ?? []).compactMap { $0.string?.lowercased() })
    }

    private static let secretWords = ["auth", "cookie", "token", "secret", "password", "signature", "session", "credential"]

    /// Whether the value of a header is a secret: its name tells so, or the job's `secret_headers` do (`marked`, in lower case).
    static func isSecret(_ name: String, marked: Set<String> = []) -> Bool {
        if ["Prikke-", "webhook-"].contains(where: { name.utf8.starts(with: $0.utf8) }) { return false }
        let lower = name.lowercased()
        let bytes = Array(lower.utf8)
        return marked.contains(lower) || lower.hasSuffix("key") || secretWords.contains { bytes.contains(bytesOf: $0) }
    }
}
