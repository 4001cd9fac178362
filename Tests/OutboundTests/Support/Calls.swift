import EventLoop
import Glibc
import Logging
import Synchronization

@testable import Outbound

/// One loop for all tests: loops live for ever.
let loop = EventLoop(name: "tests")

/// A client that may call the address `127.0.0.2` and, unless told otherwise, `127.0.0.1`; with a DNS of its own, in which a
/// name's answers follow one another and the last one stays.
func makeClient(
    allowed: [String] = ["127.0.0.1/32", "127.0.0.2/32"], own: OwnAddresses = OwnAddresses(), names: [String: [[String]]] = [:],
    on loop: EventLoop = loop, adjust: (inout OutboundSettings) -> Void = { _ in }
) -> OutboundClient {
    var settings = OutboundSettings(userAgent: "Prikke/test")
    adjust(&settings)
    let policy = AddressPolicy(allowedNetworks: allowed.compactMap(IPNetwork.init), own: own)
    let dns = FakeDNS(names)
    return OutboundClient(policy: policy, settings: settings, on: loop, logger: Logger(label: "tests")) { dns.answer($0) }
}

final class FakeDNS: Sendable {
    private let names: Mutex<[String: [[String]]]>
    init(_ names: [String: [[String]]]) { self.names = Mutex(names) }

    func answer(_ name: String) -> Resolver.Answer {
        names.withLock { names in
            guard var answers = names[name], let first = answers.first else { return .none }
            if answers.count > 1 { answers.removeFirst() }
            names[name] = answers
            return .addresses(first.compactMap { IPAddress($0) })
        }
    }
}

extension OutboundClient {
    /// Calls `url`, which need not be one that could be saved.
    func call(
        _ url: String, _ method: String = "GET", headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        timeout: Duration = .seconds(10), followRedirects: Bool = false, tenant: UInt64 = 1
    ) async throws -> Result<OutboundResponse, OutboundFailure> {
        let request = try OutboundRequest(
            url: TargetURL(url), method: method, headers: headers, body: body, timeout: timeout, followRedirects: followRedirects,
            tenant: tenant)
        return await send(request)
    }
}

extension Result where Failure == OutboundFailure {
    var failure: OutboundFailure? {
        guard case .failure(let failure) = self else { return nil }
        return failure
    }
}

/// Holds up a thread (never one of the cooperative pool) until it is opened.
final class Latch: Sendable {
    private let isOpen = Atomic(false)
    func open() { isOpen.store(true, ordering: .releasing) }
    func waitUntilOpen() { while !isOpen.load(ordering: .acquiring) { usleep(1_000) } }
}
