import Logging
import NIOCore

/// Stands between the socket and the HTTP decoder: lets through only good requests, one at a time, within their deadlines,
/// and sees to it that a last answer is the last.
///
/// What a client sends ahead waits until it has taken the answer before, and then for its turn among all such clients; after
/// some requests of that kind, or where many wait, the connection ends (RFC 9112 §9.3.2 lets us).
///
/// Runs on its connection's event loop only.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// So much that is not being read yet may wait; a client that hangs up leaves us all that it had sent.
    static let mostHeld = 65_536

    /// So much that was let through already may take up memory before what was not.
    private static let mostConsumed = 16_384

    /// So many requests in a row that came before the answer to the one before.
    static let mostSentAhead = 16

    /// `open`, then `ending` while the last bytes are written and the client's are read and thrown away.
    enum Stage { case open, ending }

    /// What a request that was sent ahead needs to be served: that the answer before it is taken, and a turn, which it has
    /// until its own answer begins.
    enum Turn { case none, untakenAnswer, awaited(Line.Place), announced, taken }

    let connections: Connections
    let turns: Turns
    let deadlines: Deadlines
    let drain: Drain
    let siteURL: String
    let logger: Logger

    var context: ChannelHandlerContext?
    var stage = Stage.open
    var framing = RequestFraming()
    var held = ByteBuffer()
    var wantsToRead = false
    var sentAhead = 0
    var turn = Turn.none

    /// The client has ended its side; the server asks everybody to come to an end.
    var hasInputEnded = false
    var isStopping = false

    var isAnswerBegun = false
    var isLastAnswer = false

    /// Nil: nothing of the next request has come yet. The first request counts from the connection's beginning.
    var begin: NIODeadline? = .now()
    var idleSince = NIODeadline.now()
    var deadline: NIODeadline?
    var timer: Scheduled<Void>?
    var stallTimer: Scheduled<Void>?
    var written = 0
    var place: Line.Place?
    var hasReadWhileEnding = false

    init(_ connections: Connections, _ turns: Turns, _ deadlines: Deadlines, _ drain: Drain, siteURL: String, logger: Logger) {
        self.connections = connections
        self.turns = turns
        self.deadlines = deadlines
        self.drain = drain
        self.siteURL = siteURL
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        watch()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        stallTimer?.cancel()
        if let place { connections.endWaiting(place) }
        place = nil
        giveBackTurn()
        self.context = nil
    }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard stage == .open else {
            hasReadWhileEnding = true
            return
        }
        var bytes = unwrapInboundIn(data)
        if held.readableBytes == 0 { held = bytes } else { held.writeBuffer(&bytes) }
        if holdsBack, held.readableBytes > Self.mostHeld {
            held.clear()
            // Where the next request would begin is not known any more.
            guard framing.isWhole else { return end() }
            isLastAnswer = true
        }
        letThrough()
    }

    /// Passes on what is good of what is held, up to the end of a request; the next one begins when this one is answered.
    func letThrough() {
        guard stage == .open, !holdsBack else { return }
        do throws(Problem) {
            while let part = try framing.next(&held) { context?.fireChannelRead(wrapInboundOut(part)) }
        } catch {
            return refuse(error)
        }
        // The decoder may have refused what we found good.
        guard stage == .open else { return }
        // A rest would keep the memory of all that came.
        if held.readableBytes == 0 { held = ByteBuffer() } else if held.readerIndex > Self.mostConsumed { held.discardReadBytes() }
        if begin == nil, held.readableBytes > 0 || framing.hasHead { begin = .now() }
        if hasInputEnded, !framing.isWhole { return begin == nil ? end() : refuse(.malformed("The request breaks off.")) }
        watch()
    }

    /// While a request is being served, or waits for its turn, what comes after it is for later.
    var holdsBack: Bool {
        switch turn {
        case .none, .taken: framing.isWhole
        case .untakenAnswer, .awaited, .announced: true
        }
    }

    func read(context: ChannelHandlerContext) {
        if stage == .open, holdsBack, held.readableBytes > 0 { wantsToRead = true } else { context.read() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody behind us asks for what is thrown away.
        if stage == .ending { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            hasInputEnded = true
            // What is still being written is for a client that may read on.
            if stage == .ending, unwritten == 0 { return context.close(promise: nil) }
            letThrough()
        case is ChannelShouldQuiesceEvent: stop()
        case is Turns.YourTurn: if case .awaited = turn { turnHasCome() }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: What goes out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard stage == .open else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        written += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        watchWriting()
    }

    /// Whoever has written the last answer wants to end our side. We do that, in `end`, when all of it is written.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyIsWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        promise?.succeed()
        guard stage == .open, !isAnswerBegun, !framing.isWhole, framing.head.waitsForContinue else { return }
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))), promise: nil)
    }
}

/// Sent down a connection by whoever is about to read a request's body.
struct BodyIsWanted: Sendable {}
