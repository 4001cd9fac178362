import Logging
import NIOCore
import Outbound
import Synchronization

/// Who is connected, and who may come in: so many in all, so many from one address.
///
/// When the house is full, whoever has kept us waiting the longest goes, and the new one comes in: connections that do
/// nothing, or next to nothing, cannot keep others out.
final class Connections: Sendable {
    struct Limits: Sendable {
        var most: Int
        /// 0: no limit.
        var mostPerAddress: Int
        /// Each of their addresses stands for many clients.
        var proxies: [IPNetwork]
    }

    /// While we wait for a client to send something or to take something, this is where it stands in the queue.
    typealias Place = UInt64

    private struct State {
        var count = 0
        var countByAddress: [ClientAddress: Int] = [:]
        var waiting: [Place: any Channel] = [:]
        var nextPlace: Place = 0
        /// No place before this one is taken.
        var firstPlace: Place = 0
        var lastComplaint: NIODeadline?
    }

    private enum Decision {
        case enter
        case enterInsteadOf(any Channel)
        case stayOut(complain: Bool)
    }

    private let limits: Limits
    private let logger: Logger
    private let state = Mutex(State())

    init(_ limits: Limits, logger: Logger) {
        self.limits = limits
        self.logger = logger
    }

    /// Whether this new connection may stay; it is counted until it is closed.
    func enter(_ channel: any Channel) -> Bool {
        let address = countedAddress(of: channel)
        switch state.withLock({ decide(&$0, address) }) {
        case .enter: break
        case .enterInsteadOf(let other): other.close(promise: nil)
        case .stayOut(let complain):
            if complain {
                logger.warning(
                    "connections are refused: too many are open", metadata: ["address": "\(address.map(\.description) ?? "all")"])
            }
            return false
        }
        channel.closeFuture.whenComplete { [self] _ in state.withLock { leave(&$0, address) } }
        return true
    }

    private func decide(_ state: inout State, _ address: ClientAddress?) -> Decision {
        if let address, limits.mostPerAddress > 0, state.countByAddress[address, default: 0] >= limits.mostPerAddress {
            return .stayOut(complain: mayComplain(&state))
        }
        var longest: (any Channel)?
        if state.count >= limits.most {
            longest = takeLongestWaiting(&state)
            guard longest != nil else { return .stayOut(complain: mayComplain(&state)) }
        }
        state.count += 1
        if let address { state.countByAddress[address, default: 0] += 1 }
        return longest.map { .enterInsteadOf($0) } ?? .enter
    }

    private func leave(_ state: inout State, _ address: ClientAddress?) {
        state.count -= 1
        guard let address, let count = state.countByAddress[address] else { return }
        state.countByAddress[address] = count > 1 ? count - 1 : nil
    }

    private func takeLongestWaiting(_ state: inout State) -> (any Channel)? {
        skipFreePlaces(&state)
        return state.waiting.removeValue(forKey: state.firstPlace)
    }

    /// From here on we wait for this client.
    func beginWaiting(_ channel: any Channel) -> Place {
        state.withLock { state in
            // Done each time, so that it never takes long: every place is passed once.
            skipFreePlaces(&state)
            state.waiting[state.nextPlace] = channel
            state.nextPlace += 1
            return state.nextPlace - 1
        }
    }

    func endWaiting(_ place: Place) {
        state.withLock { _ = $0.waiting.removeValue(forKey: place) }
    }

    private func skipFreePlaces(_ state: inout State) {
        while state.firstPlace < state.nextPlace, state.waiting[state.firstPlace] == nil { state.firstPlace += 1 }
    }

    /// A minute must pass between two lines about this, or an attack would fill the log.
    private func mayComplain(_ state: inout State) -> Bool {
        guard state.lastComplaint.map({ .now() - $0 > .minutes(1) }) ?? true else { return false }
        state.lastComplaint = .now()
        return true
    }

    /// Nil for whom no limit per address holds.
    private func countedAddress(of channel: any Channel) -> ClientAddress? {
        guard limits.mostPerAddress > 0, let remote = channel.remoteAddress, let address = ClientAddress(remote) else { return nil }
        let isProxy = !limits.proxies.isEmpty && address.isIn(limits.proxies)
        return isProxy ? nil : address
    }
}
