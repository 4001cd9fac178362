import HTTPTypes
import Hummingbird
import JSON
import Tenancy

extension IdempotencyKeys.Name {
    /// What a request calls itself; nil: it does not. Throws `Problem`.
    init?(_ headers: HTTPFields) throws(Problem) {
        let values = headers[values: .idempotencyKey]
        guard let value = values.first else { return nil }
        guard values.count == 1, let name = Self(value) else {
            throw Problem(
                .badRequest, "invalid_idempotency_key", "Send Idempotency-Key once, with 1 to 255 printable ASCII characters.")
        }
        self = name
    }
}

extension IdempotencyKeys.Request {
    init(_ request: Request, _ body: [UInt8], named name: IdempotencyKeys.Name, mayTake time: Duration) {
        let parts = [request.method.rawValue, request.uri.path, request.uri.query ?? ""].map { Array($0.utf8) }
        self.init(named: name, saying: parts + [body], mayTake: time)
    }
}

extension IdempotencyKeys {
    func once(
        _ request: Request, for context: KeyContext, _ carryOut: (Access) async throws -> Web.Answer
    ) async throws -> Response {
        let (answer, isReplayed) = try await once(request, for: context.access) { Answer(try await carryOut($0)) }
        let whole = Web.Answer(answer)
        return (isReplayed ? whole.with(.idempotencyReplayed, "true") : whole).response
    }
}

extension IdempotencyKeys.Answer {
    init(_ answer: Answer) {
        let pairs = answer.headers.map { ($0.name.rawName, $0.value) }
        self.init(
            status: answer.status.code, headers: Dictionary(pairs, uniquingKeysWith: { first, _ in first }), body: answer.body ?? [])
    }
}

extension Answer {
    init(_ kept: IdempotencyKeys.Answer) {
        var headers: HTTPFields = [:]
        for (name, value) in kept.headers { HTTPField.Name(name).map { headers[$0] = value } }
        self.init(status: HTTPResponse.Status(code: kept.status), body: kept.body.isEmpty ? nil : kept.body, headers: headers)
    }
}

extension IdempotencyKeys.Refusal: Answerable {
    public var problem: Problem {
        switch self {
        case .reused:
            Problem(
                .unprocessableContent, "idempotency_key_reused",
                "Another request came with this Idempotency-Key before. Send a new key with each new request.")
        case .inProgress:
            Problem(
                .conflict, "idempotency_in_progress",
                "The first request with this Idempotency-Key is still being carried out. Send it again.",
                headers: [.retryAfter: "1"])
        case .answerLost(let subjects):
            Problem(.conflict, "answer_lost", Self.words(subjects))
        }
    }

    private static func words(_ subjects: [String]) -> String {
        let what = "The first request with this Idempotency-Key was carried out, and its answer is lost; nothing was done twice."
        return subjects.isEmpty
            ? what + " Look before you send it with another key." : what + " Look at \(subjects.joined(separator: ", "))."
    }
}

extension HTTPField.Name {
    static let idempotencyKey = named("Idempotency-Key")
    static let idempotencyReplayed = named("Idempotency-Replayed")
}
