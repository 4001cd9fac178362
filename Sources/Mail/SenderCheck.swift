import Logging
import Metrics
import ServiceLifecycle

/// Asks the transport at start, and once a day, whether mail may come from our address: where it may not, mail is taken and thrown away,
/// which nobody would notice.
public struct SenderCheck: Service {
    private static let active = Gauge(label: "prikke_mail_sender_active")

    private let transport: MailjetTransport
    private let sender: Sender
    private let logger: Logger

    public init(_ transport: MailjetTransport, of sender: Sender, logger: Logger) {
        (self.transport, self.sender, self.logger) = (transport, sender, logger)
    }

    /// Looks until asked to stop; soon again, as long as it cannot be found out.
    public func run() async {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let pause = await look()
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: pause) }
        }
    }

    /// So long until the next look; tests call it.
    func look() async -> Duration {
        switch await transport.find(sender) {
        case .active: Self.active.record(1)
        case .inactive:
            Self.active.record(0)
            logger.error("\(Self.complaint)")
        case .cannotTell:
            logger.warning("whether mail may come from MAIL_FROM_ADDRESS could not be found out")
            return .seconds(600)
        }
        return .seconds(86_400)
    }

    /// For whoever configured it.
    public static let complaint =
        "MAIL_FROM_ADDRESS is no active sender at Mailjet, nor is its domain: mail from it is taken and thrown away. Validate it there."
}
