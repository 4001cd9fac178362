import EventLoop
import Logging

/// The one way out: every HTTP call that a tenant can influence goes through here, and to no address that the policy does
/// not permit at that moment.
public final class OutboundClient: Sendable {
    private let policy: AddressPolicy
    private let resolver: Resolver
    private let curl: CurlLoop
    private let logger: Logger

    /// Works on `loop`'s thread until `close`.
    public convenience init(policy: AddressPolicy, settings: OutboundSettings, on loop: EventLoop, logger: Logger) {
        // With networks of one's own opened, names of one's own are meant too: then hosts file and search domains count.
        let isAbsolute = policy.allowedNetworks.isEmpty
        self.init(policy: policy, settings: settings, on: loop, logger: logger) { SystemLookup.addresses(of: $0, isAbsolute: isAbsolute) }
    }

    init(
        policy: AddressPolicy, settings: OutboundSettings, on loop: EventLoop, logger: Logger,
        lookUp: @escaping @Sendable (String) -> Resolver.Answer
    ) {
        (self.policy, self.logger) = (policy, logger)
        resolver = Resolver(on: loop, threads: settings.resolverThreads, lookUp: lookUp)
        curl = CurlLoop(on: loop, settings)
    }

    /// Calls `request.url` and waits for the whole answer. Whatever the target does, the outcome is a value, and it is there
    /// when the timeout has passed. Cancelling the task ends the call.
    public func send(_ request: OutboundRequest) async -> Result<OutboundResponse, OutboundFailure> {
        let asked = ContinuousClock.now
        let deadline = asked + request.timeout
        var request = request
        var timings = OutboundTimings()
        var redirects: [Int] = []
        while true {
            let outcome = await hop(request, asked: asked, deadline: deadline, timings: &timings)
            timings.total = asked.duration(to: .now).microseconds
            do throws(OutboundFailure) {
                var response = try outcome.get()
                response.timings = timings
                guard request.followRedirects, let next = try Redirect.request(after: response, to: request) else {
                    return .success(response)
                }
                redirects.append(response.status)
                guard redirects.count <= Redirect.most else { throw .tooManyRedirects }
                request = next
            } catch {
                var failure = error
                (failure.timings, failure.status) = (timings, error.status ?? redirects.last)
                note(failure, of: request)
                return .failure(failure)
            }
        }
    }

    /// Gives up all calls. Later ones fail as cancelled.
    public func close() async { await curl.close() }

    private func hop(
        _ request: OutboundRequest, asked: ContinuousClock.Instant, deadline: ContinuousClock.Instant, timings: inout OutboundTimings
    ) async -> CurlLoop.Outcome {
        if let refusal = policy.refusal(of: request.url) { return .failure(OutboundFailure(.blockedAddress, refusal.message)) }
        let addresses: [IPAddress]
        do throws(OutboundFailure) {
            let begun = ContinuousClock.now
            defer { timings.resolve += begun.duration(to: .now).microseconds }
            addresses = try await permittedAddresses(for: request, until: deadline)
        } catch {
            return .failure(error)
        }
        let transfer = Transfer(
            request, to: ResolvedAddress.candidates(addresses), policy: policy, asked: asked, deadline: deadline)
        let outcome = await curl.run(transfer)
        timings.add(outcome)
        return outcome
    }

    /// Every answer has to pass: a name with one public and one private address is one that waits for us to pick the other.
    private func permittedAddresses(for request: OutboundRequest, until deadline: ContinuousClock.Instant) async throws(OutboundFailure)
        -> [IPAddress]
    {
        guard case .name(let name) = request.url.host else {
            if case .address(let address) = request.url.host { return [address] }
            return []
        }
        switch await resolver.resolve(name, for: request.tenant, until: deadline) {
        case nil: throw Task.isCancelled ? .cancelled : .deadline
        case .some(.none): throw .unresolvable
        case .failed: throw OutboundFailure(.dnsFailed, "The target's name could not be looked up.")
        case .addresses(let addresses):
            guard addresses.allSatisfy({ policy.permits($0, for: request.url) }) else { throw .blocked }
            return addresses
        }
    }

    /// The operator should see who tries the walls. The URL's path and query may hold secrets, so the host alone.
    private func note(_ failure: OutboundFailure, of request: OutboundRequest) {
        guard failure.reason == .blockedAddress else { return }
        logger.notice("outbound call refused", metadata: ["host": "\(request.url.hostText)", "tenant": "\(request.tenant)"])
    }
}

extension OutboundTimings {
    /// Adds one hop's.
    fileprivate mutating func add(_ outcome: CurlLoop.Outcome) {
        let hop =
            switch outcome {
            case .success(let response): response.timings
            case .failure(let failure): failure.timings
            }
        connect += hop.connect
        tls += hop.tls
        firstByte += hop.firstByte
        sent = sent ?? hop.sent
    }
}

extension OutboundFailure {
    fileprivate static let tooManyRedirects = OutboundFailure(.badResponse, "The target redirected more than \(Redirect.most) times.")
}
