import Glibc
import Logging
import Postgres

/// A program that owns a private server, for the tests that kill it: `ClusterOwner <data folder>` starts the server,
/// prints how to connect, and stops the server when its own stdin ends. `ClusterOwner --use <data folder>` does what a
/// call of the command line does.
@main
enum ClusterOwner {
    static func main() async {
        let folder = CommandLine.arguments.last ?? ""
        let logger = Logger(label: "owner") { _ in SwiftLogNoOpLogHandler() }
        do {
            if CommandLine.arguments.contains("--use") {
                try await EmbeddedPostgres.withServer(dataFolder: folder, logger: logger) { print($0) }
            } else {
                let server = try await EmbeddedPostgres.start(dataFolder: folder, logger: logger) { print($0) }
                print(server.connectionString, server.note ?? "", separator: "\n")
                fflush(nil)
                while readLine() != nil {}
                await server.stop()
            }
        } catch {
            print(error)
            exit(1)
        }
    }
}
