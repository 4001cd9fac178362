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

    private struct State {
        var count = 0
        var countByAddress: [ClientAddress: Int] = [:]
        /// Those that keep us waiting: for what they send, or until they take what we do.
        var waiting = Line()
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
            longest = state.waiting.takeFirst()
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

    /// From here on we wait for this client.
    func beginWaiting(_ channel: any Channel) -> Line.Place { state.withLock { $0.waiting.join(channel) } }

    func endWaiting(_ place: Line.Place) { state.withLock { _ = $0.waiting.leave(place) } }

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
