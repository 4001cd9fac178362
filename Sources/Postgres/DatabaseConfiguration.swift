/// Where the database is and how it is used.
public struct DatabaseConfiguration: Sendable {
    /// A libpq connection string or `postgresql://` URI; it may name several hosts.
    public var url: String
    /// What the server's activity view shows.
    public var applicationName: String
    /// The schemas that unqualified names are looked up in, as SQL writes them; nil leaves the server's own default.
    public var searchPath: String?
    /// Connections that statements outside transactions share.
    public var hotConnections = 2
    /// The most transactions at one time.
    public var leaseConnections = 8
    /// The server breaks off a statement that takes longer.
    public var statementTimeout = Duration.seconds(10)
    /// The server breaks off a statement outside transactions that waits so long for a lock: those behind it on the shared
    /// connection wait as well.
    public var lockTimeout = Duration.milliseconds(500)
    /// The server ends a session that holds a transaction open and says nothing for so long.
    public var idleInTransactionTimeout = Duration.seconds(30)
    /// The longest wait for a connection: for a transaction when all are taken, for any statement when the database is away.
    public var connectionWait = Duration.seconds(5)
    /// So many statements, and so many transactions, wait for a connection; those over it are refused at once.
    public var mostWaiting = 1_000
    /// So long the server may take to let a connection in; libpq knows whole seconds, at least 2.
    public var connectTimeout = Duration.seconds(5)
    /// How long the client waits for an answer when the caller does not say: longer than the server takes to break off
    /// the statement, because the client can only drop the connection.
    public var answerTimeout = Duration.seconds(15)

    /// Everything but where the database is has a default.
    public init(url: String, applicationName: String, searchPath: String? = nil) {
        (self.url, self.applicationName, self.searchPath) = (url, applicationName, searchPath)
    }
}
