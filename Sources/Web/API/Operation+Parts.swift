import HTTPTypes
import Hummingbird
import JSON
import Logging
import Tenancy

extension Operation {
    /// What an operation takes as its body. Sizes are in bytes.
    public struct Body: Sendable {
        /// What it must be; nil: the operation takes no body, and one that is sent is not looked at.
        public let shape: Shape?

        /// Whether no body at all means `{}`.
        public let mayBeEmpty: Bool

        /// Whether members may be left out, and then get no default (PATCH).
        public let isPartial: Bool

        /// More than this is answered with 413.
        public let largest: Int

        /// A body that does something sensible, as the documentation shows it and a test sends it.
        public private(set) var example: JSON

        private init(shape: Shape?, mayBeEmpty: Bool, isPartial: Bool, largest: Int) {
            (self.shape, self.mayBeEmpty, self.isPartial, self.largest) = (shape, mayBeEmpty, isPartial, largest)
            example = shape?.example() ?? .null
        }

        /// The same with another example than the one that the members' own make.
        public func example(_ example: JSON) -> Body {
            var body = self
            body.example = example
            return body
        }

        public static let none = Body(shape: nil, mayBeEmpty: true, isPartial: false, largest: 0)

        /// None, or `{}`: whoever sends more is told so.
        public static let nothing = optional(.object([]))

        /// A body of that shape.
        public static func required(_ shape: Shape, largest: Int = 1_048_576) -> Body {
            Body(shape: shape, mayBeEmpty: false, isPartial: false, largest: largest)
        }

        /// A body of that shape, or none, which is as good as `{}`.
        public static func optional(_ shape: Shape) -> Body {
            Body(shape: shape, mayBeEmpty: true, isPartial: false, largest: 1_048_576)
        }

        /// Some members of that shape: those that change.
        public static func change(_ shape: Shape) -> Body {
            Body(shape: shape, mayBeEmpty: false, isPartial: true, largest: 1_048_576)
        }
    }
}

/// An answer that an operation can give: its status and the shape of its JSON, nil where it has no body, or one that is no JSON.
public struct DeclaredAnswer: Sendable {
    public let status: HTTPResponse.Status
    public let shape: Shape?
    /// What the body is; nil: there is none.
    public let mediaType: String?

    /// Whether it has an `ETag`.
    public private(set) var isTagged = false

    /// How such an answer looks; null where it has no body.
    public private(set) var example: JSON

    init(status: HTTPResponse.Status, shape: Shape?, mediaType: String? = "application/json") {
        (self.status, self.shape) = (status, shape)
        self.mediaType = shape == nil && mediaType == "application/json" ? nil : mediaType
        example = shape?.example(isAnswer: true) ?? .null
    }

    /// 200 with this.
    public static func ok(_ shape: Shape) -> DeclaredAnswer { DeclaredAnswer(status: .ok, shape: shape) }

    /// 201 with what was made.
    public static func created(_ shape: Shape) -> DeclaredAnswer { DeclaredAnswer(status: .created, shape: shape) }

    /// 202 with what was accepted.
    public static func accepted(_ shape: Shape) -> DeclaredAnswer { DeclaredAnswer(status: .accepted, shape: shape) }

    /// 200 with bytes of this media type.
    public static func bytes(_ mediaType: String) -> DeclaredAnswer { DeclaredAnswer(status: .ok, shape: nil, mediaType: mediaType) }

    /// 204.
    public static let noContent = DeclaredAnswer(status: .noContent, shape: nil)

    /// 200 with a stream of server-sent events.
    public static let events = DeclaredAnswer(status: .ok, shape: nil, mediaType: "text/event-stream")

    /// 304: it is as `If-None-Match` knows it.
    public static let notModified = DeclaredAnswer(status: .notModified, shape: nil)

    /// The same with an `ETag`.
    public var tagged: DeclaredAnswer {
        var answer = self
        answer.isTagged = true
        return answer
    }

    /// The same with another example than the one that the members' own make.
    public func example(_ example: JSON) -> DeclaredAnswer {
        var answer = self
        answer.example = example
        return answer
    }
}

/// What a handler answers.
public struct Answer: Sendable {
    let status: HTTPResponse.Status
    /// Nil: it has none.
    let body: [UInt8]?
    var mediaType = "application/json"
    var headers: HTTPFields = [:]
    /// Writes a body that has no end as yet.
    var stream: (@Sendable (inout any ResponseBodyWriter) async throws -> Void)?

    /// 200 with server-sent events, until `write` returns.
    static func events(_ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void) -> Answer {
        Answer(
            status: .ok, body: nil, headers: [.contentType: "text/event-stream", .accelBuffering: "no"], stream: write)
    }

    /// 200 with this.
    public static func ok(_ json: JSON) -> Answer { Answer(status: .ok, body: json.bytes()) }

    /// 201 with what was made and where it is.
    public static func created(_ json: JSON, at path: String) -> Answer {
        Answer(status: .created, body: json.bytes(), headers: [.location: path])
    }

    /// 202: the work is on disk and will be done.
    public static func accepted(_ json: JSON) -> Answer { Answer(status: .accepted, body: json.bytes()) }

    /// 200 with these bytes, as they are.
    public static func bytes(_ bytes: [UInt8], _ mediaType: String) -> Answer { Answer(status: .ok, body: bytes, mediaType: mediaType) }

    /// 204.
    public static let noContent = Answer(status: .noContent, body: nil)

    /// 304: it is as `If-None-Match` knows it.
    static let notModified = Answer(status: .notModified, body: nil)

    /// The same with one more header.
    public func with(_ name: HTTPField.Name, _ value: String) -> Answer {
        var answer = self
        answer.headers[name] = value
        return answer
    }

    var response: Response {
        if let stream {
            return Response(
                status: status, headers: headers,
                body: ResponseBody { writer in
                    try await stream(&writer)
                    try await writer.finish(nil)
                })
        }
        guard let body else { return Response(status: status, headers: headers) }
        var headers = headers
        headers[.contentType] = mediaType
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

/// What the path's braces hold, percent-decoded.
public struct PathParameters: Sendable {
    private var values: [String: String] = [:]

    /// What is no text once decoded (bad UTF-8, a NUL) names nothing: `Problem.notFound`.
    init(_ parameters: Parameters) throws(Problem) {
        for (name, value) in parameters {
            guard let text = PercentEncoding.decode(value) else { throw .notFound }
            values[String(name)] = text
        }
    }

    /// The parameter's value. An empty text for a name that the path's template does not have.
    public subscript(name: String) -> String { values[name] ?? "" }
}

/// A request that passed every check, as its handler sees it.
public struct Call: Sendable {
    /// Who is acting, in which organization.
    public let access: Access
    public let path: PathParameters

    /// The query's parameters, valid and with their defaults.
    public let query: JSONObject

    /// The body, valid and with its defaults; null for an operation that takes none.
    public let body: JSON

    /// Names the request in the log and in errors.
    public let requestID: String

    /// Writes lines that carry the request's id.
    public let logger: Logger

    /// Whether the key is still good, and still may do this: for an answer that has no end.
    let mayStill: @Sendable () async -> Bool

    private let headers: HTTPFields

    init(
        _ access: Access, context: KeyContext, request: Request, path: PathParameters, query: JSONObject, body: JSON,
        needing permission: Permission
    ) {
        self.access = access
        self.path = path
        self.query = query
        self.body = body
        requestID = context.requestID
        logger = context.logger
        headers = request.headers
        mayStill = { await context.mayStill(permission) }
    }

    /// What `If-Match` or `If-None-Match` say; nil: it did not come.
    func tags(_ name: HTTPField.Name) throws(Problem) -> EntityTags? { try EntityTags(name, in: headers) }
}
