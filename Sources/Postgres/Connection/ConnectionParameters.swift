import CLibPQ

/// What libpq is told to make a connection: what the URL says, and our defaults for what it does not.
struct ConnectionParameters: Sendable {
    private(set) var values: [String: String]

    /// How soon a peer that is gone must be noticed, on both sides: the server goes on with the session of a client that is cut
    /// off, and with its locks, until it notices; by its own defaults after two hours.
    enum Vigilance {
        /// For statements with deadlines of their own: within about 10 s.
        case ordinary
        /// For a session whose mere existence means something, such as one that holds a lock: within about 2 s.
        case high
    }

    /// Throws `PostgresError` of kind `.configuration` if the URL cannot be read; the text does not quote it, because a
    /// password is likely to be near what is wrong with it.
    ///
    /// `isShared`: statements of many callers follow each other on it, so none may wait long for a lock.
    init(_ configuration: DatabaseConfiguration, vigilance: Vigilance = .ordinary, isShared: Bool = false) throws(PostgresError) {
        values = try Self.parse(configuration.url)
        let isHigh = vigilance == .high
        let defaults = [
            "connect_timeout": "\(configuration.connectTimeout.components.seconds)", "gssencmode": "disable",
            "application_name": configuration.applicationName, "keepalives": "1",
            "keepalives_idle": isHigh ? "1" : "10", "keepalives_interval": isHigh ? "1" : "3", "keepalives_count": isHigh ? "2" : "3",
            "tcp_user_timeout": isHigh ? "2000" : "10000",
        ]
        values.merge(defaults) { own, _ in own }
        values["client_encoding"] = "UTF8"
        var options = Self.options(configuration, isHigh: isHigh)
        if isShared { options += " -c lock_timeout=\(configuration.lockTimeout.milliseconds)" }
        values["options"] = values["options"].map { own in options + " " + own } ?? options
    }

    private static func parse(_ url: String) throws(PostgresError) -> [String: String] {
        var complaint: UnsafeMutablePointer<CChar>?
        let parsed = PQconninfoParse(url, &complaint)
        defer {
            PQconninfoFree(parsed)
            PQfreemem(complaint)
        }
        guard let parsed else { throw PostgresError(.configuration, "the database URL is neither a libpq string nor a postgresql:// URI") }
        var values: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return values
    }

    /// Settings of the session, made with the connection: one message less, and none that a pool could forget.
    private static func options(_ configuration: DatabaseConfiguration, isHigh: Bool) -> String {
        var settings = [
            "statement_timeout=\(configuration.statementTimeout.milliseconds)",
            "idle_in_transaction_session_timeout=\(configuration.idleInTransactionTimeout.milliseconds)",
            "client_connection_check_interval=2000",
        ]
        settings +=
            isHigh
            ? ["tcp_keepalives_idle=1", "tcp_keepalives_interval=1", "tcp_keepalives_count=2", "tcp_user_timeout=2000"]
            : ["tcp_keepalives_idle=5", "tcp_keepalives_interval=2", "tcp_keepalives_count=3", "tcp_user_timeout=10000"]
        // Each statement is written for an index. The server keeps the plan that it made while a table was nearly empty, when reading
        // all of it was cheaper; after a herd, or an import, that plan takes minutes.
        settings += ["enable_seqscan=off", "jit=off"]
        if let path = configuration.searchPath {
            let escaped = path.map { $0 == " " || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
            settings.append("search_path=\(escaped)")
        }
        return settings.map { "-c " + $0 }.joined(separator: " ")
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
