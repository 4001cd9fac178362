import CCurl
import EventLoop

/// One request on its way to one host, without redirects.
///
/// `@unchecked Sendable`: made by the caller, then handed to a `CurlLoop`, on whose thread alone it is touched from there on.
final class Transfer: @unchecked Sendable {
    let request: OutboundRequest
    let policy: AddressPolicy
    /// When `send` was called.
    let asked: ContinuousClock.Instant
    let deadline: ContinuousClock.Instant
    /// What this call may connect to, in the order to try; the first is the one being tried.
    var addresses: [ResolvedAddress]
    var continuation: CheckedContinuation<Result<OutboundResponse, OutboundFailure>, Never>?

    var isCancelled = false
    var easy: EasyHandle?
    var hostSlot: HostSlots.Key?
    /// Goes off when it has waited for its host too long.
    var patience: EventLoop.TimerID?
    var begun: ContinuousClock.Instant?
    /// When the answer's first line was there.
    private(set) var answered: ContinuousClock.Instant?
    var head = ResponseHead()
    var body: [UInt8] = []
    var size = 0
    /// The body was longer than we read.
    var isCut = false
    /// The socket's address was not the one that was checked.
    var isBlocked = false
    /// There was no descriptor left for it.
    var isStarved = false
    /// Microseconds that went by at addresses that did not answer.
    var spentInVain: Int64 = 0
    var wasSent = false
    /// libcurl wanted to send it a second time, and was not let.
    var wasLost = false
    /// The connection that it was sent on is known to have ended before the request arrived.
    var neverArrived = false
    /// The socket that libcurl last used for it.
    var socket: Int32?

    init(
        _ request: OutboundRequest, to addresses: [ResolvedAddress], policy: AddressPolicy, asked: ContinuousClock.Instant,
        deadline: ContinuousClock.Instant
    ) {
        (self.request, self.addresses, self.policy) = (request, addresses, policy)
        (self.asked, self.deadline) = (asked, deadline)
    }

    func begin(with easy: EasyHandle, at now: ContinuousClock.Instant) {
        self.easy = easy
        begun = now
        socket = nil
    }

    /// Whether the connection to be made to `address` is the one that was checked, judged once more.
    func mayConnect(to address: IPAddress) -> Bool {
        address == addresses.first?.address && policy.permits(address, for: request.url)
    }

    /// Takes a line of the answer's head. False when it is to be refused.
    func takeHead(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        if answered == nil { answered = .now }
        return head.add(line)
    }

    /// Takes a piece of the answer's body. False when it is longer than is read.
    func take(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let read = min(bytes.count, OutboundResponse.readBody - size)
        size += read
        body.append(contentsOf: bytes.prefix(min(read, OutboundResponse.keptBody - body.count)))
        isCut = read < bytes.count
        return !isCut
    }
}
