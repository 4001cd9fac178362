import HTTPTypes
import JSON
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Gives the answer to what is no HTTP the shape of every other error: Hummingbird writes a bare 400.
///
/// Runs on its connection's event loop only.
final class MalformedRequestAnswer: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let siteURL: String
    private var problem: Problem?

    init(siteURL: String) { self.siteURL = siteURL }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError { problem = Self.problem(for: error) }
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard let problem, case .head(let head) = unwrapOutboundIn(data), head.headerFields[.requestID] == nil else {
            return context.write(data, promise: promise)
        }
        self.problem = nil
        let id = RequestLog.newID()
        let body = problem.json(requestID: id, siteURL: siteURL).bytes()
        var headers = problem.headers
        headers[.contentType] = "application/problem+json"
        headers[.contentLength] = "\(body.count)"
        headers[.requestID] = id
        for (name, value) in SecurityHeaders.headers { headers[name] = value }
        context.write(wrapOutboundOut(.head(HTTPResponse(status: problem.status, headerFields: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: promise)
    }

    private static func problem(for error: HTTPParserError) -> Problem {
        switch error {
        case .headerOverflow: .headersTooLarge
        case .invalidMethod: .methodNotImplemented
        default: .malformed("This is not HTTP/1.1 as RFC 9112 has it.")
        }
    }
}
