import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Tells the connection's guard, who sees bytes only, where answers begin and end, and what the decoder would not read; and
/// tells the client whether its connection is kept.
///
/// Runs on its connection's event loop only.
final class AnswerMarks: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let guarding: ConnectionGuard

    init(_ guarding: ConnectionGuard) { self.guarding = guarding }

    /// What the guard let through and the decoder did not: no byte of it has gone further, and the answer is the guard's.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, context.channel.isActive else { return context.fireErrorCaught(error) }
        guarding.refuse(.malformed("The request cannot be read."))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            guarding.answerBegins(andWishesToBeLast: head.headerFields[.connection]?.lowercased() == "close")
            head.headerFields[.connection] = guarding.connectionHeader
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            context.write(data, promise: promise)
            guarding.answerEnded()
        default: context.write(data, promise: promise)
        }
    }
}
