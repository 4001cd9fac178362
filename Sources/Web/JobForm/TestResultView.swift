import HTTPTypes
import JSON
import Scheduling

/// All that a test call came to, by the partial `testresult`.
struct TestResultView: Sendable {
    struct Phase: Sendable { let phaseName, phaseTime: String }
    struct Header: Sendable { let headerName, headerValue: String }

    let markSVG: String
    let resultWords: String
    let resultNote: String
    let hasResultNote: Bool
    let phases: [Phase]
    let hasRequest: Bool
    let requestLine: String
    let requestHeaders: [Header]
    let hasRequestBody: Bool
    let requestBody: String
    let hasResponse: Bool
    let responseHeaders: [Header]
    let hasResponseBody: Bool
    let responseBody: String
    let responseSize: String
}

extension TestResultView {
    /// A page holds no more of a body than this.
    private static let mostOfBody = 65_536

    init(_ attempt: Attempt) {
        let json = attempt.json
        let total = attempt.timings.first { $0.phase == "total" }?.microseconds ?? 0
        let took = Words.duration(milliseconds: Int(total / 1_000))
        let status = attempt.statusCode.map { ", HTTP \($0)" } ?? ""
        markSVG = (attempt.status == .success ? Mark.good : .bad).svg
        let words = ["success": "Success", "timeout": "Timed out"][attempt.status.rawValue] ?? "Failed"
        resultWords = "\(words) after \(took)\(status)"
        resultNote = attempt.status == .success ? "" : attempt.errorMessage ?? attempt.reason?.sentence ?? ""
        hasResultNote = !resultNote.isEmpty
        phases = attempt.timings.compactMap { phase, time in
            // What there was none of, TLS for one, took no time.
            guard let name = Self.names[phase], let time, time > 0 else { return nil }
            return Phase(phaseName: name, phaseTime: "\(time / 1_000).\(time % 1_000 / 100)\u{A0}ms")
        }
        let request = json["request"] ?? .null
        hasRequest = request.object != nil
        requestLine = "\(request["method"]?.string ?? "") \(request["url"]?.string ?? "")"
        requestHeaders = Self.headers(request["headers"])
        requestBody = Self.body(request)
        hasRequestBody = !requestBody.isEmpty
        let response = json["response"] ?? .null
        responseHeaders = Self.headers(json["response_headers"])
        responseBody = Self.body(response)
        hasResponseBody = !responseBody.isEmpty
        hasResponse = response.object != nil || !responseHeaders.isEmpty
        responseSize = Words.bytes(Int(response["size"]?.int ?? 0))
    }

    /// When each was over, from the beginning.
    private static let names = [
        "dns": "Name resolved", "connect": "Connected", "tls": "TLS agreed", "first_byte": "First byte", "total": "Over",
    ]

    private static func headers(_ json: JSON?) -> [Header] {
        (json?.array ?? []).map { Header(headerName: $0.array?.first?.string ?? "", headerValue: $0.array?.last?.string ?? "") }
    }

    /// JSON as people read it, any other text as it is, of bytes what they are.
    private static func body(_ holder: JSON) -> String {
        guard let text = holder["body"]?.string, !text.isEmpty else { return "" }
        guard holder["encoding"]?.string != "base64" else { return "Not a text; in base64:\n\(text.prefix(1_000))" }
        let pretty = (try? JSON(parsing: Array(text.utf8)))?.pretty ?? text
        return pretty.utf8.count > mostOfBody ? String(decoding: pretty.utf8.prefix(mostOfBody), as: UTF8.self) + "…" : pretty
    }

    static let samples = [
        TestResultView(
            markSVG: Mark.bad.svg, resultWords: "Failed after 242 ms, HTTP 500", resultNote: "The target answered <b>500</b>.",
            hasResultNote: true, phases: [.init(phaseName: "Over", phaseTime: "242.0 ms")], hasRequest: true,
            requestLine: "POST https://example.com/", requestHeaders: [.init(headerName: "Authorization", headerValue: "***")],
            hasRequestBody: true, requestBody: "{}", hasResponse: true,
            responseHeaders: [.init(headerName: "Content-Type", headerValue: "text/plain")], hasResponseBody: true, responseBody: "no",
            responseSize: "2 B")
    ]
}
