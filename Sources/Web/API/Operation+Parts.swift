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

        public static let none = Body(shape: nil, mayBeEmpty: true, isPartial: false, largest: 0)

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

/// An answer that an operation can give: its status and the shape of its JSON, nil where it has no body, or none of JSON.
public struct DeclaredAnswer: Sendable {
    public let status: HTTPResponse.Status
    public let shape: Shape?
    /// Of the body, where there is one.
    public var mediaType = "application/json"

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
}

/// What a handler answers.
public struct Answer: Sendable {
    let status: HTTPResponse.Status
    /// Nil: it has none.
    let body: [UInt8]?
    var mediaType = "application/json"
    var headers: HTTPFields = [:]

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

    /// The same with one more header.
    public func with(_ name: HTTPField.Name, _ value: String) -> Answer {
        var answer = self
        answer.headers[name] = value
        return answer
    }

    var response: Response {
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

    private let headers: HTTPFields

    init(context: KeyContext, request: Request, path: PathParameters, query: JSONObject, body: JSON) {
        access = context.access
        self.path = path
        self.query = query
        self.body = body
        requestID = context.requestID
        logger = context.logger
        headers = request.headers
    }

    /// The value of a header that came exactly once, `If-Match` for one; nil otherwise.
    public func header(_ name: HTTPField.Name) -> String? {
        let values = headers[values: name]
        return values.count == 1 ? values[0] : nil
    }
}
