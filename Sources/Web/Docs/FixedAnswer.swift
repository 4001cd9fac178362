import HTTPTypes
import Hummingbird

/// What is the same until the next release: asked for again each time, and 304 where it is there already.
struct FixedAnswer: Sendable {
    private let type: String
    private let bytes: [UInt8]
    private let tag: String

    init(_ bytes: [UInt8], type: String) {
        (self.bytes, self.type) = (bytes, type)
        tag = "\"\(Assets.fingerprint(bytes))\""
    }

    init(_ text: String, type: String) { self.init(Array(text.utf8), type: type + "; charset=utf-8") }

    @Sendable func answer(_ request: Request, _ context: VisitorContext) throws -> Response {
        let headers: HTTPFields = [.contentType: type, .eTag: tag, .cacheControl: "public, no-cache"]
        if try EntityTags(.ifNoneMatch, in: request.headers)?.contain(tag, weakly: true) ?? false {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
