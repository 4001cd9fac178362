import Billing
import EventLoop
import Foundation
import Logging
import Outbound
import Postgres
import Scheduling
import Secrets
import ServiceLifecycle
import Tenancy
import Web

/// The composition root: what there is, and who is given what. Nothing else in the program knows all of it.
struct Services {
    let configuration: Configuration
    private let home: DatabaseHome
    let engine: Engine
    let organizations: Organizations
    let keys: APIKeys
    let signing: SigningSecrets
    let policy: AddressPolicy
    let outbound: OutboundClient
    let plugins: JobPlugins
    let jobs: Jobs
    let executions: Executions
    let plans: PlanCatalog
    let heartbeat: Heartbeat
    let logger: Logger

    init(_ configuration: Configuration, _ home: DatabaseHome, logger: Logger) throws {
        self.configuration = configuration
        self.home = home
        self.logger = logger
        engine = Engine(home.database, pulse: home.pulse, on: home.loop)
        heartbeat = Heartbeat(engine, name: Self.nodeName, logger: logger)
        signing = SigningSecrets(try Seal(keys: [try SecretKey.seal(configuration)]))
        organizations = Organizations(home.database, signing: signing)
        keys = APIKeys(home.database)
        policy = AddressPolicy(
            allowedNetworks: configuration.allowedNetworks, deniedPorts: configuration.deniedPorts, own: Self.ownAddresses(configuration))
        var settings = OutboundSettings(userAgent: "Prikke/\(Prikke.version)")
        settings.hostConcurrency = configuration.hostConcurrency
        outbound = OutboundClient(policy: policy, settings: settings, on: EventLoop(name: "outbound"), logger: logger)
        plugins = JobPlugins([HTTPPlugin(client: outbound, policy: policy, version: Prikke.version)])
        jobs = Jobs(engine, plugins: plugins)
        executions = Executions(engine)
        plans = try configuration.plans()
    }

    /// What runs for a role, in the order in which it is started; it is stopped in the reverse order.
    func all(_ server: WebServer) -> [any Service] {
        let role = configuration.role
        var services: [any Service] = [home.database, home.pulse, heartbeat]
        if role != .web {
            services += [EngineBells(engine, logger: logger), Rescuer(engine, logger: logger)]
        }
        if role == .all || role == .worker {
            services.append(Worker(engine, plugins: plugins, signing: signing, maximum: configuration.mostWorkers, logger: logger))
        }
        if role == .all || role == .scheduler { services.append(Scheduler(engine, logger: logger)) }
        // Every role listens: for its health, if for nothing else.
        services.append(server)
        return services
    }

    private static func ownAddresses(_ configuration: Configuration) -> OwnAddresses {
        let address = IPAddress(configuration.host == "localhost" ? "127.0.0.1" : configuration.host)
        let endpoints = address.map { [OwnAddresses.Endpoint(address: $0, port: UInt16(configuration.port))] } ?? []
        let isDevelopment = configuration.stage == .development
        return OwnAddresses(
            names: configuration.publicHost.map { [$0] } ?? [], endpoints: endpoints, openPaths: isDevelopment ? [DemoReceiver.path] : [])
    }

    private static var nodeName: String { "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)" }
}
