import HummingbirdCore
import Logging
import NIOCore

/// Sets up each connection: Hummingbird's HTTP/1.1, and our guard between it and the socket.
struct FrontDoor: ServerChildChannel {
    /// Thrown to nobody: it only keeps a connection that may not stay from being set up.
    struct Full: Error {}

    let http: HTTP1Channel
    let connections: Connections
    let turns: Turns
    let deadlines: Deadlines
    let drain: Drain
    let siteURL: String

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        guard connections.enter(channel) else {
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(Full())
        }
        let guarding = ConnectionGuard(connections, turns, deadlines, drain, siteURL: siteURL, logger: logger)
        do {
            // What one client sends at a time is not worth NIO's 64 KiB, four times over, for each of ten thousand.
            try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
            try channel.syncOptions?.setOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 2_048, maximum: 16_384))
            try channel.pipeline.syncOperations.addHandler(guarding)
        } catch {
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(error)
        }
        return http.setup(channel: channel, logger: logger).flatMapThrowing {
            [marks = NIOLoopBound(AnswerMarks(guarding), eventLoop: channel.eventLoop)] value in
            let pipeline = value.channel.pipeline.syncOperations
            try pipeline.addHandler(marks.value, position: .before(try pipeline.handler(type: HTTPConnectionStateHandler.self)))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async { await http.handle(value: value, logger: logger) }
}
