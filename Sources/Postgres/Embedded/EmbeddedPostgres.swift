import Logging
import ServiceLifecycle
import Synchronization

/// A Postgres of our own, for whoever has no `DATABASE_URL`: its cluster in a folder, reached by a socket in a closed
/// folder and by nothing else, started and stopped with the program.
///
/// One program owns it at a time, by a lock that the kernel takes back however the program ends. A server that a killed
/// owner left behind is taken over by the next; programs beside the owner use it without owning it.
public final class EmbeddedPostgres: Service {
    /// What libpq needs to connect to the database `prikke`. It stays the same when a crashed server is started again.
    public let connectionString: String
    /// Where the database is, if not in the data folder.
    public let note: String?

    private struct Running {
        var postmaster: Postmaster
        let launch: Launch
    }

    private let running: Mutex<Running?>
    private let logger: Logger

    private init(_ postmaster: Postmaster, of launch: Launch, at address: ServerAddress, logger: Logger) {
        connectionString = address.connectionString(database: ServerAddress.database)
        note = launch.home.note
        running = Mutex(Running(postmaster: postmaster, launch: launch))
        self.logger = logger
    }

    /// Starts the server of `dataFolder`, making folder, cluster and database where they are missing.
    /// - Parameter progress: called, on another thread, with a sentence for people whenever something takes long.
    public static func start(
        dataFolder: String, profile: ServerProfile = .durable, logger: Logger,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(EmbeddedPostgresError) -> EmbeddedPostgres {
        try await onOwnThread { () throws(EmbeddedPostgresError) in
            let launch = try Launch(of: dataFolder, profile: profile, progress: progress)
            let (postmaster, address) = try launch.run(progress: progress)
            let server = EmbeddedPostgres(postmaster, of: launch, at: address, logger: logger)
            logger.info("private Postgres is ready", metadata: ["connection": "\(server.connectionString)"])
            return server
        }
    }

    /// Keeps the server going till told to stop, then stops it. One that ends in between (killed, out of memory) is
    /// started again within two seconds, at the same address; whoever was connected connects again.
    public func run() async {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: .seconds(1))
                if self.hasEnded { await onOwnThread { self.revive() } }
            }
        }
        await stop()
    }

    private var hasEnded: Bool { running.withLock { $0?.postmaster.hasEnded ?? false } }

    private func revive() {
        running.withLock { running in
            guard let launch = running?.launch else { return }
            do throws(EmbeddedPostgresError) {
                running?.postmaster = try launch.startAnew()
                logger.error("private Postgres had ended and was started again")
            } catch {
                logger.error("private Postgres has ended and does not start", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Stops the server and gives up the folder. Asking twice does nothing more.
    public func stop() async { await onOwnThread { self.stop(fastWithin: .seconds(30)) } }

    private func stop(fastWithin patience: Duration) {
        running.withLock { running in
            guard let server = running.take() else { return }
            server.launch.finish(server.postmaster, fastWithin: patience)
        }
    }

    /// Ends at once whatever server runs on `dataFolder`, and deletes both; for test runs, which can be killed themselves
    /// and whose end awaits nothing.
    package static func discard(dataFolder: String) {
        guard let dataFolder = realPath(dataFolder) else { return }
        let cluster = linkTarget(dataFolder + "/cluster") ?? dataFolder + "/cluster"
        let home = parent(of: cluster) ?? dataFolder
        if let state = Postmaster.state(of: cluster) { Postmaster(pid: state.pid, cluster: cluster).stop(fastWithin: .zero) }
        // Killed a moment earlier, the run left a server that has not yet named itself, or an initdb.
        for name in names(in: home) where name == "cluster" || name.hasPrefix("making-") {
            Dwellers(folder: home + "/" + name).clear(after: .zero)
        }
        if let socketFolder = linkTarget(home + "/socket") { removeTree(socketFolder) }
        removeTree(home)
        removeTree(dataFolder)
    }

    /// How to connect to the server that runs on `dataFolder`, whoever owns it; nil if none accepts connections.
    public static func running(dataFolder: String) -> String? {
        guard let cluster = realPath(dataFolder + "/cluster"), let state = Postmaster.state(of: cluster), state.isReady else { return nil }
        return ServerAddress(socketFolder: state.socketFolder).connectionString(database: ServerAddress.database)
    }

    /// For the command line: lends the server that runs on `dataFolder`, or one started for `body` and stopped after it.
    /// One that is just being started or stopped by another program is waited for, up to 30 s.
    public nonisolated(nonsending) static func withServer<R: Sendable>(
        dataFolder: String, logger: Logger, _ body: (_ connectionString: String) async throws -> R
    ) async throws -> R {
        let start = ContinuousClock.now
        while true {
            if let connectionString = running(dataFolder: dataFolder) { return try await body(connectionString) }
            let mayWait = start.duration(to: .now) < .seconds(30)
            if let server = try await startUnlessInUse(dataFolder, logger, mayWait) { return try await server.used(by: body) }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private static func startUnlessInUse(
        _ dataFolder: String, _ logger: Logger, _ mayWait: Bool
    ) async throws(EmbeddedPostgresError) -> EmbeddedPostgres? {
        do throws(EmbeddedPostgresError) {
            return try await start(dataFolder: dataFolder, logger: logger)
        } catch {
            guard case .inUse = error, mayWait else { throw error }
            return nil
        }
    }

    private nonisolated(nonsending) func used<R: Sendable>(by body: (_ connectionString: String) async throws -> R) async throws -> R {
        let result: Result<R, any Error>
        do { result = .success(try await body(connectionString)) } catch { result = .failure(error) }
        await stop()
        return try result.get()
    }
}
