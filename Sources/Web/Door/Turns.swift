import NIOCore
import Synchronization

/// So many requests that were sent ahead are served at one time, over all connections; the others wait in line.
///
/// Who sends one request after the other never comes here. Without it, a thousand clients who send two hundred requests at
/// once each would be served before somebody who comes with one.
final class Turns: Sendable {
    /// Tells a connection's guard that the turn has come for which it waited.
    struct YourTurn: Sendable {}

    enum Answer { case taken, mustWait(Line.Place), refused }

    /// With so many waiting, nobody is let in any more.
    private static let mostWaiting = 64

    private struct State {
        var free: Int
        var line = Line()
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    /// So many wait that one more would be refused.
    var isCrowded: Bool { state.withLock { $0.free == 0 && $0.line.count >= Self.mostWaiting } }

    /// Who must wait is told by an event when the turn has come.
    func take(_ channel: any Channel) -> Answer {
        state.withLock { state in
            guard state.free == 0 else {
                state.free -= 1
                return .taken
            }
            return state.line.count < Self.mostWaiting ? .mustWait(state.line.join(channel)) : .refused
        }
    }

    /// To whoever has waited the longest.
    func giveBack() {
        let next = state.withLock { state in
            let next = state.line.takeFirst()
            if next == nil { state.free += 1 }
            return next
        }
        next?.pipeline.fireUserInboundEventTriggered(YourTurn())
    }

    /// For a connection that ends before its turn has come, or before it has heard of it.
    func leave(_ place: Line.Place) {
        if !state.withLock({ $0.line.leave(place) }) { giveBack() }
    }
}
