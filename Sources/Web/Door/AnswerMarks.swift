import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Tells the connection's guard, who sees bytes only, where answers begin and end, and tells the client whether its
/// connection is kept.
///
/// Runs on its connection's event loop only.
final class AnswerMarks: ChannelOutboundHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let guarding: ConnectionGuard

    init(_ guarding: ConnectionGuard) { self.guarding = guarding }

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
