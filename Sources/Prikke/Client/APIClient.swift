import JSON

/// Calls the API of a server with one key.
struct APIClient: Sendable {
    /// Without a slash at the end.
    let base: String
    private let key: String

    init(base: String, key: String) { (self.base, self.key) = (base, key) }

    /// Reads; waits once and again where the server asks for it (429 and 503 with Retry-After), for `patience` together.
    func get(_ path: String, patience: Duration = .seconds(120)) async throws(CallFailure) -> JSON {
        let deadline = ContinuousClock.now + patience
        while true {
            do throws(CallFailure) {
                return try await call("GET", path, body: nil)
            } catch {
                guard let wait = error.retryAfter, ContinuousClock.now + .seconds(wait) <= deadline else { throw error }
                Output.note("prikke: the server is busy; going on in \(wait) s.")
                do { try await Task.sleep(for: .seconds(wait)) } catch { throw .unreachable(base, "the command was ended") }
            }
        }
    }

    /// All elements of a list, page by page.
    func all(_ path: String, atMost most: Int = .max) async throws(CallFailure) -> [JSON] {
        var elements: [JSON] = []
        var cursor: String?
        repeat {
            let separator = path.contains("?") ? "&" : "?"
            let page = try await get(
                path + separator + "limit=\(min(100, most - elements.count))" + (cursor.map { "&cursor=" + $0.inQuery } ?? ""))
            elements += page["data"]?.array ?? []
            cursor = page["next_cursor"]?.string
        } while cursor != nil && elements.count < most
        return elements
    }

    /// Changes something. Never sent twice.
    func send(_ method: String, _ path: String, _ body: JSON) async throws(CallFailure) -> JSON { try await call(method, path, body: body) }

    private func call(_ method: String, _ path: String, body: JSON?) async throws(CallFailure) -> JSON {
        var headers = ["Authorization: Bearer \(key)", "Accept: application/json"]
        if body != nil { headers.append("Content-Type: application/json") }
        let call = HTTPCall(method: method, url: base + path, headers: headers, body: body?.bytes() ?? [])
        let answer: HTTPCall.Answer
        do throws(HTTPCall.Failure) { answer = try await call.send() } catch {
            throw error.isUnsent || method == "GET" ? .unreachable(base, error.cause) : .lost(error.cause)
        }
        let json: JSON? = answer.body.isEmpty ? JSON.null : try? JSON(parsing: answer.body, wideIntegers: true)
        guard 200..<300 ~= answer.status else { throw .refused(Refused(answer, json)) }
        guard let json else { throw .notPrikke(base, answer.status) }
        return json
    }
}

/// An answer that says no, as problem+json.
struct Refused: Sendable {
    let status: Int
    let code: String
    let detail: String
    let errors: [FieldError]
    /// Seconds.
    let retryAfter: Int?
    let isProblem: Bool

    init(_ answer: HTTPCall.Answer, _ json: JSON?) {
        status = answer.status
        code = json?["code"]?.string ?? ""
        detail = json?["detail"]?.string ?? json?["title"]?.string ?? ""
        errors = (json?["errors"]?.array ?? []).compactMap { error in
            guard let pointer = error["pointer"]?.string, let detail = error["detail"]?.string else { return nil }
            return FieldError(pointer: pointer, code: error["code"]?.string ?? "", detail: detail)
        }
        retryAfter = answer.header("retry-after").flatMap { Int($0) }
        isProblem = json?["status"] != nil && json?["code"] != nil
    }
}

/// Why a call has not done what it was for, with the remedy.
enum CallFailure: Error, CustomStringConvertible {
    case unreachable(String, String)
    /// The connection ended after the request was sent.
    case lost(String)
    case notPrikke(String, Int)
    case refused(Refused)

    /// Seconds until the same can be asked again.
    var retryAfter: Int? {
        guard case .refused(let answer) = self, answer.status == 429 || answer.status == 503 else { return nil }
        return answer.retryAfter.map { max(1, $0) }
    }

    /// Whether it may be over in a while, the server being started anew for one.
    var isPassing: Bool {
        switch self {
        case .unreachable, .lost: true
        case .notPrikke(_, let status): status >= 500
        case .refused(let answer): answer.status >= 500 || answer.status == 429
        }
    }

    var description: String {
        switch self {
        case .unreachable(let base, let cause):
            "\(base) cannot be reached: \(cause). Start the server (prikke serve), or set PRIKKE_URL to where it is."
        case .lost(let cause): "the connection ended before the answer came: \(cause). It may have been done or not; look, and try again."
        case .notPrikke(let base, let status):
            "\(base) answered \(status) with something that is not Prikke's. Set PRIKKE_URL to the server's address."
        case .refused(let answer): answer.sentence
        }
    }
}

extension Refused {
    /// In one line, with the members that are wrong.
    fileprivate var sentence: String {
        guard !errors.isEmpty else { return withoutErrors }
        return errors.map { "\(Place.path($0.pointer)): \($0.detail)" }.joined(separator: " ") + (remedy.map { " " + $0 } ?? "")
    }

    /// In one line, with the remedy.
    var withoutErrors: String {
        let said = detail.isEmpty ? "the server answered \(status)." : "\(detail) (\(status))"
        return said + (remedy.map { " " + $0 } ?? "")
    }

    private var remedy: String? {
        switch (status, code) {
        case (401, _): "Set PRIKKE_API_KEY to a key that is valid; one is made on the page Settings, API keys."
        case (403, _): "Use a key with the scope that this needs (write, to change something)."
        case (402, _): "Do with less, or choose a larger plan on the page Settings, Billing."
        case (404, _) where !isProblem: "Set PRIKKE_URL to the server's address."
        case (404, _): "`prikke jobs` lists the jobs that there are."
        case (409, "not_managed"): "Say --adopt to take them over, or choose other keys."
        case (409, "delete_not_confirmed"): "Look at prikke sync plan, then say --confirm-delete with that number."
        case (429, _), (503, _): retryAfter.map { "Try again in \($0) s." } ?? "Try again in a while."
        case (500..., _): "Try again; if it stays so, look at the server's log."
        default: nil
        }
    }
}

extension String {
    /// As it stands in a query or as one part of a path.
    var inQuery: String { ImportedRequest.formEncoded(self) }
}
