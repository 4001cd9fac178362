/// What a private server is for.
public enum ServerProfile: Sendable {
    /// The product: what was committed survives a power failure.
    case durable
    /// Tests: fast, and lost with the machine's next crash.
    case disposable
}

extension ServerProfile {
    /// The text of `prikke.conf`, scaled to the machine.
    /// - Parameters:
    ///   - memory: bytes of memory that the server may count on.
    ///   - freeDisk: bytes free where the cluster lies.
    func settings(socketFolder: String, memory: UInt64, freeDisk: UInt64, compression: String) -> String {
        let buffers =
            switch self {
            case .durable: min(1 << 30, max(32 << 20, memory / 8))
            case .disposable: 64 << 20 as UInt64
            }
        // The log of changes may grow to eight times the cache, but must leave most of a small disk to the data.
        let log = min(8 * buffers, max(256 << 20, freeDisk / 8))
        let safety =
            switch self {
            case .durable:
                ["fsync = on", "synchronous_commit = on", "full_page_writes = on", "max_connections = 100"]
            case .disposable:
                // Shared memory in the cluster goes with the cluster, even if the server is killed.
                [
                    "fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 200",
                    "dynamic_shared_memory_type = mmap",
                ]
            }
        return """
            # Written by Prikke at each start: changes made here are lost.

            # Reached by a socket in a closed folder, and by nothing else.
            listen_addresses = ''
            port = 5432
            unix_socket_directories = '\(socketFolder.replacing("'", with: "''"))'
            unix_socket_permissions = 0700

            \(safety.joined(separator: "\n"))
            shared_buffers = \(buffers >> 20)MB
            max_wal_size = \(log >> 20)MB
            checkpoint_timeout = 15min
            wal_compression = \(compression)
            max_locks_per_transaction = 512

            random_page_cost = 1.1
            jit = off
            # The queue is small and busy: dead rows must go while they are few.
            autovacuum_naptime = 5s
            autovacuum_vacuum_cost_delay = 0

            # Errors reach the program, which logs them; a statement's text and values belong in no file here.
            log_min_messages = log
            log_min_error_statement = panic
            log_error_verbosity = terse
            log_timezone = 'UTC'
            timezone = 'UTC'

            """
    }
}
