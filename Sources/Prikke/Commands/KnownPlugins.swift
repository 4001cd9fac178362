import EventLoop
import Logging
import Outbound
import Scheduling

extension JobPlugins {
    /// The kinds of job that this program knows, for commands that make no call: to check a job's shape, and to print it. Which
    /// addresses may be called is the server's to say, so here all are let through.
    static let known: JobPlugins = {
        let policy = AddressPolicy(allowedNetworks: ["0.0.0.0/0", "::/0"].compactMap { IPNetwork($0) })
        let client = OutboundClient(
            policy: policy, settings: OutboundSettings(userAgent: "Prikke"), on: EventLoop(name: "shapes"),
            logger: Logger(label: "shapes", factory: { _ in SwiftLogNoOpLogHandler() }))
        return JobPlugins([HTTPPlugin(client: client, policy: policy, userAgent: "Prikke")])
    }()
}
