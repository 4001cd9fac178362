/// How an `OutboundClient` behaves, whoever calls.
public struct OutboundSettings: Sendable {
    /// Sent where a request names none.
    public var userAgent: String
    /// So many calls at a time to one host, over all tenants, of which one alone has half; 0 for no limit. Not counted inside
    /// the allowed networks.
    public var hostConcurrency = 500
    /// So many connections are kept open for the next call.
    public var keptConnections = 1_000
    /// So many names are resolved at a time, a quarter of them for one tenant. Those that take long do not count.
    public var resolverThreads = 16
    /// A file in PEM format of the certificates to trust instead of the system's, for an authority of one's own.
    public var trustedCertificates: String?

    /// `userAgent` names us and a way to reach us.
    public init(userAgent: String) { self.userAgent = userAgent }
}
