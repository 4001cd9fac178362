import Foundation

@testable import Postgres

/// Starts the one server of a test run when it is first asked for.
actor SharedServer {
    static let instance = SharedServer()

    private var starting: Task<Server, any Error>?

    func server() async throws -> Server {
        if let starting { return try await starting.value }
        let task = Task {
            let folder = try await onOwnThread { try Folder.make() }
            let server = try await Server.start(on: folder + "/data")
            Self.stopAtEnd(server, folder)
            return server
        }
        starting = task
        return try await task.value
    }

    /// Nothing can be awaited at a process's end, and a handler there takes no argument: hence a variable, written once,
    /// before the handler that reads it is known.
    private nonisolated(unsafe) static var last: (pid: Int32, folder: String)?

    private static func stopAtEnd(_ server: Server, _ folder: String) {
        last = (server.child.pid, folder)
        atexit {
            guard let (pid, folder) = SharedServer.last else { return }
            kill(pid, SIGTERM)
            // Whoever started it collects it too, so it is gone when there is nobody left to be asked.
            for _ in 0..<400 where kill(pid, 0) == 0 && waitpid(pid, nil, WNOHANG) != pid { usleep(100_000) }
            Folder.discard(folder)
        }
    }
}
