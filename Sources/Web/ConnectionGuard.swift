import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// What Hummingbird 2.28 leaves to us on one connection: a request must arrive within a deadline however slowly its bytes
/// drip, and an answer with `Connection: close` must really be the last, without reading a refused body to its end.
///
/// Runs on its connection's event loop only.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// So long we go on reading, and throwing away, what a client sends after its last answer: closing at once would
    /// reset the connection, and the client might lose the answer that says why.
    private static let lingering: TimeAmount = .seconds(1)

    private let requestDeadline: TimeAmount
    private var deadline: Scheduled<Void>?
    private var isLastAnswer = false
    private var isClosing = false

    init(requestDeadline: TimeAmount) { self.requestDeadline = requestDeadline }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            // Hummingbird knows "close" only where it stands alone.
            let options = head.headerFields[.connection]?.lowercased().split(separator: ",") ?? []
            isLastAnswer = options.contains { $0.trimmingSpaces == "close" }
            deadline = close(context, in: requestDeadline)
        case .end: deadline?.cancel()
        case .body: break
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.kind != .informational:
            if head.headerFields[.connection]?.lowercased() == "close" { isLastAnswer = true }
        case .end where isLastAnswer:
            return finish(context, data, promise)
        default: break
        }
        context.write(data, promise: promise)
    }

    private func finish(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        isClosing = true
        deadline?.cancel()
        deadline = close(context, in: Self.lingering)
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        written.futureResult.whenSuccess { channel.close(mode: .output, promise: nil) }
        context.writeAndFlush(data, promise: written)
    }

    private func close(_ context: ChannelHandlerContext, in time: TimeAmount) -> Scheduled<Void> {
        let channel = context.channel
        return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }
}
