import Foundation
import Logging
import Postgres
import Synchronization

/// Several nodes on one Postgres, which belongs to none of them.
struct Nodes: Sendable {
    let folder: String
    let url: String
    private let postgres: EmbeddedPostgres
    private let started = Started()

    private final class Started: Sendable { let servers = Mutex<[Server]>([]) }

    /// Lends a new Postgres; ends the nodes that were started on it, however they are, and then the Postgres.
    static func lend(_ body: (Nodes) async throws -> Void) async throws {
        try await Folder.lend { folder in
            let silence = Logger(label: "end-to-end") { _ in SwiftLogNoOpLogHandler() }
            let postgres = try await EmbeddedPostgres.start(dataFolder: folder + "/data", profile: .disposable, logger: silence)
            let nodes = Nodes(folder: folder, url: postgres.connectionString, postgres: postgres)
            let result: Result<Void, any Error>
            do { result = .success(try await body(nodes)) } catch { result = .failure(error) }
            for server in nodes.started.servers.withLock({ $0 }) {
                server.child.signal(SIGCONT)
                await server.stop()
            }
            await postgres.stop()
            try result.get()
        }
    }

    /// Starts a node. What it keeps in its folder, such as the key that seals secrets, is the same for all.
    func start(_ role: String = "all", _ more: [String: String] = [:]) async throws -> Server {
        let settings = ["DATABASE_URL": url, "PRIKKE_ROLE": role].merging(more) { $1 }
        let server = try await Server.start(on: folder + "/nodes", settings)
        started.servers.withLock { $0.append(server) }
        return server
    }
}

extension Server {
    /// The node that schedules at this moment, of these.
    static func leader(of servers: [Server]) async throws -> Server? {
        let name: String? = try await servers[0].database {
            try await $0.query("SELECT name FROM nodes WHERE last_tick_at IS NOT NULL ORDER BY last_tick_at DESC LIMIT 1").first?("name")
        }
        return servers.first { name?.hasSuffix(":\($0.child.pid)") ?? false }
    }

    /// Rows of one number.
    func number(_ query: Query) async throws -> Int64 { try await database { try await $0.query(query).only("n") } }

    /// Waits until a query answers at least so much.
    func wait(until query: Query, isAtLeast number: Int64, within patience: Duration = .seconds(20)) async throws {
        let deadline = ContinuousClock.now + patience
        try await database { database in
            while (try await database.query(query).only("n") as Int64) < number {
                if ContinuousClock.now > deadline { throw DidNotStart(description: "in vain: \(query)") }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
