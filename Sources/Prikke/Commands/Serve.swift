import ArgumentParser
import Glibc
import Logging
import Postgres
import Scheduling
import ServiceLifecycle
import UnixSignals
import Web

/// `prikke serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server (the role is PRIKKE_ROLE: all, web, scheduler or worker).",
        discussion: """
            Example:
              PORT=4000 prikke serve
            """)

    func run() async throws {
        let configuration = try Configuration()
        let logger = Log.make(for: configuration)
        Metering.begin()
        EarlyStop.watch()
        guard let url = configuration.databaseURL else {
            let server = try await EmbeddedPostgres.start(dataFolder: configuration.dataFolder, logger: logger) { Output.note($0) }
            if let note = server.note { Output.note(note) }
            return try await serve(configuration, at: server.connectionString, embedded: server, logger)
        }
        try await serve(configuration, at: url, embedded: nil, logger)
    }

    /// However it ends, the private Postgres is let go by everybody and stopped. (A service group that ran to its end has
    /// done so itself; doing it again does nothing.)
    private func serve(_ configuration: Configuration, at url: String, embedded: EmbeddedPostgres?, _ logger: Logger) async throws {
        let ended: Result<Void, any Error>
        do {
            let home = try DatabaseHome(url, logger: logger)
            do { ended = .success(try await run(configuration, home, embedded: embedded, logger)) } catch { ended = .failure(error) }
            await home.close()
        } catch {
            ended = .failure(error)
        }
        await embedded?.stop()
        try ended.get()
    }

    private func run(
        _ configuration: Configuration, _ home: DatabaseHome, embedded: EmbeddedPostgres?, _ logger: Logger
    ) async throws {
        try await home.migrate()
        let services = try Services(configuration, home, logger: logger)
        try await services.sealingKeys.verify()
        try await services.makeMissingChannels()
        try await services.heartbeat.begin()
        for network in configuration.allowedNetworks { Output.note("Allowed network: \(network)") }
        if configuration.publicHost != nil, configuration.trustedProxies.isEmpty {
            // Prikke speaks no TLS itself: with a public name there is a proxy, whose address all requests would be counted by.
            logger.warning(
                "PRIKKE_HOST is set and PRIKKE_TRUSTED_PROXIES is not: all clients count as one, so sign-ins will be refused soon")
        }
        let web = WebServer.Configuration(configuration)
        let server = try WebServer(web, site: .make(services), logger: logger) { port in
            Output.note("Prikke \(Prikke.version) listens on http://\(configuration.host):\(port)")
        }
        let trades = services.trades(server)
        // The private Postgres is first in, and so last out: everybody else has let go of it by then.
        let all: [any Service] = (embedded.map { [$0] } ?? []) + services.foundations + [trades]
        var group = ServiceGroupConfiguration(services: all.map(NamedService.init), logger: logger)
        // For what should not happen: something that does not end although it was told.
        group.maximumGracefulShutdownDuration = .seconds(configuration.graceSeconds + 10)
        let patience = embedded == nil ? max(.seconds(configuration.graceSeconds), web.drain) : nil
        try await run(ServiceGroup(configuration: group), trades, patience, logger)
    }

    /// The first SIGTERM, SIGINT or SIGHUP asks everybody to end, a second one ends the patience with them.
    private func run(_ group: ServiceGroup, _ trades: Together, _ patience: Duration?, _ logger: Logger) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        guard !EarlyStop.hasCome else { return }
        let listening = Task {
            var isStopping = false
            for await _ in signals {
                if let patience { Self.end(after: isStopping ? .zero : patience, logger) }
                if isStopping { trades.hurry() } else { await group.triggerGracefulShutdown() }
                isStopping = true
            }
        }
        defer { listening.cancel() }
        try await group.run()
    }

    /// Ends the process a little later than it should have ended by itself. Who waits for a database that says nothing learns of
    /// it by a deadline, seconds later; and what he could do then, others do after this node's death. A private Postgres says
    /// something, and must be stopped.
    private static func end(after patience: Duration, _ logger: Logger) {
        Task.detached {
            try? await Task.sleep(for: patience + .milliseconds(900))
            logger.warning("not all ended in time; the rest is left to others")
            _exit(0)
        }
    }
}
