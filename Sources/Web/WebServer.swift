import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// Answers HTTP/1.1 on one address until the process is asked to end; requests that are being answered then are finished.
public struct WebServer: Service {
    /// Where to listen and what to put up with.
    public struct Configuration: Sendable {
        public var host: String

        /// 0: any free port, which `onListening` is told.
        public var port: Int

        /// So long a connection may be silent, between requests and within one.
        public var idleDeadline: Duration = .seconds(30)

        /// So long a request may take to arrive, headers to last byte.
        public var requestDeadline: Duration = .seconds(60)

        /// Connections over this wait until another ends.
        public var mostConnections = 4_096

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    let site: Site
    let logger: Logger
    let pages: Pages
    let vitals: Vitals
    private let configuration: Configuration
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
        pages = Pages(views: try Views(), assets: Assets(), demo: site.demo)
        vitals = Vitals(report: site.health, metrics: site.metrics)
    }

    /// Serves until cancelled or shut down gracefully. Throws when the address cannot be listened at.
    public func run() async throws {
        let application = Application(
            responder: makeResponder(),
            server: .http1(configuration: channelConfiguration),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: 1_024,
                availableConnectionsDelegate: .maximum(configuration.mostConnections, logger: logger)
            ),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? configuration.port) },
            logger: logger
        )
        do { try await application.run() } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw AddressInUse(host: configuration.host, port: configuration.port)
        }
    }

    /// Another program listens there already.
    public struct AddressInUse: Error, CustomStringConvertible {
        let host: String
        let port: Int
        public var description: String {
            "Port \(port) at \(host) is in use by another program: stop that one, or set PORT to another port."
        }
    }

    /// Headers are at most 100 and 16 KiB together (CVE-2026-28980: without a limit, a flood of them ended the process).
    private var channelConfiguration: HTTP1Channel.Configuration {
        let requestDeadline = TimeAmount(configuration.requestDeadline)
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(requestDeadline: requestDeadline), MalformedRequestAnswer(siteURL: site.url)],
            idleTimeout: TimeAmount(configuration.idleDeadline),
            httpDecoderConfiguration: .init(maxHeaderFieldSize: 8_192, maxHeaderListSize: 16_384, maxHeaderFieldCount: 100)
        )
    }
}
