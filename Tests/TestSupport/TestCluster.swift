import EventLoop
import Foundation
import Logging
import Postgres

/// The Postgres of one test run: private, without fsync, started when a test first asks for it and gone at the end.
public actor TestCluster {
    /// The one cluster of this process.
    public static let shared = TestCluster()
    /// One thread for all the databases of all tests.
    public static let loop = EventLoop(name: "test-database")

    private var starting: Task<Schemas, any Error>?

    /// Its schemas, starting it if this is the first call.
    func schemas() async throws -> Schemas {
        if let starting { return try await starting.value }
        let task = Task { try await Schemas(on: Self.start()) }
        starting = task
        return try await task.value
    }

    private static func start() async throws -> String {
        discardLeaked()
        let folder = "\(prefix)\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        remember(folder)
        let logger = Logger(label: "test-cluster") { _ in SwiftLogNoOpLogHandler() }
        let server = try await EmbeddedPostgres.start(dataFolder: folder, profile: .disposable, logger: logger)
        // Tests empty every table: never those of a server that somebody else may need.
        precondition(server.connectionString.hasPrefix("host=/"), "tests run on a server of their own, on this machine")
        return server.connectionString
    }

    private static let prefix = "/tmp/prikke-run-\(getuid())-"

    /// Ends what a killed run left: its folder names a process that is no more.
    private static func discardLeaked() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []
        for path in names.map({ "/tmp/" + $0 }) where path.hasPrefix(prefix) {
            guard let pid = pid_t(path.dropFirst(prefix.count).prefix { $0 != "-" }), kill(pid, 0) != 0, errno == ESRCH else { continue }
            EmbeddedPostgres.discard(dataFolder: path)
        }
    }

    /// Nothing can be awaited at a process's end, and a handler there takes no argument: hence a variable, written once,
    /// before the handler that reads it is known.
    private nonisolated(unsafe) static var folder: String?

    private static func remember(_ path: String) {
        folder = path
        atexit { TestCluster.folder.map(EmbeddedPostgres.discard(dataFolder:)) }
    }
}
