import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Outbound
import ServiceLifecycle

/// Answers HTTP/1.1 on one address until the process is asked to end; requests that are being answered then are finished.
public struct WebServer: Service {
    /// Where to listen and what to put up with.
    public struct Configuration: Sendable {
        public var host: String

        /// 0: any free port, which `onListening` is told.
        public var port: Int

        /// So long the headers of a request may take: from accept, or from the first byte of a later request. Bytes that drip
        /// do not prolong it.
        public var headerDeadline: Duration = .seconds(10)

        /// So long a request may take to arrive, headers to last byte.
        public var requestDeadline: Duration = .seconds(30)

        /// So long a connection is kept between two requests.
        public var idleDeadline: Duration = .seconds(60)

        /// So long we wait for a client to take some of its answer.
        public var stallDeadline: Duration = .seconds(30)

        /// With so many open connections, whoever has kept us waiting the longest must go for another to come in; where nobody
        /// has, the new one is refused.
        public var mostConnections = 4_096

        /// Connections over this from one address (of IPv6, from one /64) are refused; 0: no limit. 512 is what an office of
        /// eighty browsers behind one address needs, and eight hostile addresses are half of what we can carry.
        public var mostConnectionsPerAddress = 512

        /// What they say of a request's client and scheme is believed; and for their addresses, each of which stands for many
        /// clients, the limit by address does not hold.
        public var trustedProxies: [IPNetwork] = []

        /// So long, when asked to end, we go on as before, but for `/health`, which says 503: the time that load balancers
        /// need to see it.
        public var drain: Duration = .zero

        /// So long after that, requests that are still being served may take.
        public var stopDeadline: Duration = .seconds(5)

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    let site: Site
    let logger: Logger
    let pages: Pages
    let documents: DocumentPages
    let docs: DocsPages
    let vitals: Vitals
    private let drain: Drain
    let configuration: Configuration
    private let onListening: @Sendable (Int) async -> Void

    /// `onListening` is called once, with the port, when the first request could be answered. Throws for a template that
    /// does not parse.
    public init(
        _ configuration: Configuration, site: Site, logger: Logger, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        self.site = site
        self.logger = logger
        self.onListening = onListening
        let health = RecentHealth(site.health)
        pages = Pages(
            views: try Views(siteURL: site.url), assets: Assets(), siteURL: site.url, plans: site.plans, health: health.report,
            about: site.about, hasDemo: site.demo != nil)
        documents = DocumentPages(pages: pages)
        docs = DocsPages(site, pages: pages)
        drain = Drain(configuration.drain, onBegin: site.endStreams)
        vitals = Vitals(report: health.report, metrics: site.metrics, drain: drain)
    }

    /// Serves until cancelled or shut down gracefully. Throws when the address cannot be listened at.
    public func run() async throws {
        let application = Application(
            responder: makeResponder(),
            server: HTTPServerBuilder { responder in frontDoor(HTTP1Channel(responder: responder, configuration: decoding)) },
            configuration: ApplicationConfiguration(address: .hostname(configuration.host, port: configuration.port), backlog: 4_096),
            onServerRunning: { channel in
                // In a storm of connections, those of honest clients are among them: none may wait for long to be accepted.
                try? await channel.setOption(.maxMessagesPerRead, value: 32).get()
                await onListening(channel.localAddress?.port ?? configuration.port)
            },
            logger: logger
        )
        do {
            // Told to end in the reverse order, one after the other: the application only when the drain is over.
            try await ServiceGroup(services: [application, drain].map(NamedService.init), logger: logger).run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw AddressInUse(host: configuration.host, port: configuration.port)
        }
    }

    private func frontDoor(_ http: HTTP1Channel) -> FrontDoor {
        let limits = Connections.Limits(
            most: configuration.mostConnections, mostPerAddress: configuration.mostConnectionsPerAddress,
            proxies: configuration.trustedProxies)
        return FrontDoor(
            http: http, connections: Connections(limits, logger: logger), turns: Turns(8), deadlines: Deadlines(configuration),
            drain: drain, siteURL: site.url)
    }

    /// Wider than what `FieldLines` lets through, so that ours are the limits that are met (CVE-2026-28980: without one, a
    /// flood of headers ended the process). Trailers are counted together with headers there.
    private var decoding: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 2 * FieldLines.longest, maxHeaderListSize: 3 * FieldLines.largestBlock,
                maxHeaderFieldCount: 3 * FieldLines.most))
    }

    /// Another program listens there already.
    public struct AddressInUse: Error, CustomStringConvertible {
        let host: String
        let port: Int
        public var description: String {
            "Port \(port) at \(host) is in use by another program: stop that one, or set PORT to another port."
        }
    }
}
