import Web

extension WebServer.Configuration {
    /// What the settings, and the system's limits, say about the server.
    init(_ configuration: Configuration) {
        self.init(host: configuration.host, port: configuration.port)
        trustedProxies = configuration.trustedProxies
        mostConnectionsPerAddress = configuration.connectionsPerAddress
        mostConnections = Descriptors.forClients(of: Descriptors.raise(), besides: configuration.mostWorkers)
        // In development nobody balances load, and everybody restarts often.
        if configuration.stage == .production { drain = .seconds(3) }
    }
}
