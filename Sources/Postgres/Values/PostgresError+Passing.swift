extension PostgresError {
    /// Whether the same statement may well succeed a little later: the database is away, restarting or too busy, or the
    /// statement lost against another one. False for what the statement itself, or its values, will always run into.
    public var isPassing: Bool {
        switch kind {
        case .connectionLost, .unavailable, .timedOut, .poolExhausted, .rolledBack: true
        // Connection exception, transaction rollback (deadlock, serialization), insufficient resources, operator
        // intervention (shutdown, cancel), system error (disk), lock timeout, a standby that will be promoted.
        case .server(let sqlState):
            ["08", "40", "53", "57", "58"].contains { sqlState.hasPrefix($0) } || ["55P03", "25006"].contains(sqlState)
        case .cancelled, .closed, .invalidQuery, .decoding, .configuration: false
        }
    }
}

extension PostgresError {
    /// Whether a row found no partition to lie in.
    public var isOfMissingPartition: Bool { sqlState == "23514" && constraint == nil }

    /// Whether the statement waited too long for somebody's lock.
    public var isOfLock: Bool { sqlState == "55P03" }

    /// Whether the statement took too long: half of it may not.
    public var isOfTime: Bool { sqlState == "57014" || kind == .timedOut }
}
