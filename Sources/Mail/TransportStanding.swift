import Logging
import Metrics
import Synchronization

/// Whether a transport takes mail, and how long to leave it alone where it does not: for all mail at once, and longer with each round
/// that came to nothing. Mails go several at a time; what they are told in one round counts once.
final class TransportStanding: Sendable {
    enum Trouble: Equatable {
        case key, address, limit, outage

        /// Seen by everybody.
        var words: String {
            switch self {
            case .key: "not sent: the mail service refuses us"
            case .address: "not sent: the mail service is not where it should be"
            case .limit: "waits: the mail service takes no more for now"
            case .outage: "waits: the mail service is down or not reached"
            }
        }

        /// What an operator has to mend, and what passes.
        fileprivate var level: Logger.Level { self == .key || self == .address ? .error : .warning }
    }

    private struct State {
        var trouble: Trouble?
        var rounds = 0
        var round = 0
    }

    private static let up = Gauge(label: "prikke_mail_transport_up")
    private let state = Mutex(State())
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
        Self.up.record(1)
    }

    var trouble: Trouble? { state.withLock { $0.trouble } }

    /// Names what is begun now; to be given back with what came of it.
    var round: Int { state.withLock { $0.round } }

    func isWell() {
        let before = state.withLock { state in
            defer { (state.trouble, state.rounds) = (nil, 0) }
            return state.trouble
        }
        guard before != nil else { return }
        Self.up.record(1)
        logger.notice("mail is taken again")
    }

    /// 5 s, then twice as long with each round, 300 s at most, and where the other side is down 40 s: to ask costs little then, and mail
    /// is to go out within a minute after. A tenth more, so that nodes do not come together.
    func pause(for trouble: Trouble, _ round: Int) -> Duration {
        let most: Double = trouble == .outage ? 40 : 300
        let (rounds, isNew) = state.withLock { state in
            if state.round == round { (state.round, state.rounds) = (round + 1, state.rounds + 1) }
            defer { state.trouble = trouble }
            return (state.rounds, state.trouble != trouble)
        }
        if isNew {
            Self.up.record(0)
            logger.log(level: trouble.level, "no mail is taken", metadata: ["why": "\(trouble.words)"])
        }
        let seconds = min(5 * Double(1 << min(max(rounds - 1, 0), 10)), most)
        return .seconds(seconds * .random(in: 1...1.1))
    }
}
