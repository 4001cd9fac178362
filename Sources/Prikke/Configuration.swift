import Billing
import Foundation
import Outbound

/// All settings, typed. Read once; every mistake is named, all at once.
struct Configuration: Sendable {
    enum Stage: String, CaseIterable { case development, production }
    enum Role: String, CaseIterable { case all, web, scheduler, worker }

    /// What is wrong with the environment.
    struct Mistakes: Error, CustomStringConvertible {
        let list: [String]
        var description: String { "the configuration cannot be used:\n" + list.map { "  \($0)" }.joined(separator: "\n") }
    }

    let stage: Stage
    let role: Role
    /// Nil: a private Postgres in `dataFolder`.
    let databaseURL: String?
    let dataFolder: String
    let host: String
    let port: Int
    /// The name in links; nil: the address we listen on.
    let publicHost: String?
    /// Nil only in development: made once, and kept in the data folder.
    let secretKeyBase: String?
    /// Earlier ones, whose secrets can still be opened.
    let previousKeyBases: [String]
    let allowedNetworks: [IPNetwork]
    let deniedPorts: Set<UInt16>
    let deniedHosts: [String]
    let hostConcurrency: Int
    let fewestWorkers: Int
    let mostWorkers: Int
    /// So long what runs may go on after SIGTERM.
    let graceSeconds: Int
    /// So many late occurrences may start a second; 0: all at once.
    let catchUpRate: Int
    let connectionsPerAddress: Int
    /// Requests a minute with one key, half of what its organization may; 0: no limit.
    let rateLimit: Int
    /// Whose word on a client's address and scheme is taken.
    let trustedProxies: [IPNetwork]
    let plansFile: String?
    let mail: Mail

    /// Links begin with it.
    var siteURL: String { publicHost.map { "https://\($0)" } ?? "http://\(host):\(port)" }

    /// The plans on sale: the operator's own, or those that come with the program.
    func plans() throws(Mistakes) -> PlanCatalog {
        do {
            guard let plansFile else { return try .builtIn() }
            guard let text = PrivateFile.read(plansFile) else { throw Mistakes(list: ["PRIKKE_PLANS_FILE: the file cannot be read."]) }
            return try PlanCatalog(Array(text.utf8))
        } catch let error as Mistakes {
            throw error
        } catch {
            throw Mistakes(list: ["PRIKKE_PLANS_FILE: \(error)"])
        }
    }

    /// Throws `Mistakes`.
    init(_ values: [String: String] = ProcessInfo.processInfo.environment) throws(Mistakes) {
        var environment = Environment(values)
        self.init(reading: &environment)
        guard environment.mistakes.isEmpty else { throw Mistakes(list: environment.mistakes) }
    }

    init(reading e: inout Environment) {
        stage = e.choice("PRIKKE_ENV", default: .development)
        role = e.choice("PRIKKE_ROLE", default: .all)
        databaseURL = e.secret("DATABASE_URL")
        let dataFolder = e.text("PRIKKE_DATA_DIR")
        self.dataFolder = dataFolder ?? ".prikke"
        // What `localhost` stands for is the system's to say, and may be more than one address.
        host = e.text("HOST").map { $0 == "localhost" ? "127.0.0.1" : $0 } ?? "127.0.0.1"
        port = e.integer("PORT", default: 4000, 0...65_535)
        publicHost = e.text("PRIKKE_HOST")
        secretKeyBase = e.secret("SECRET_KEY_BASE")
        previousKeyBases = (e.secret("SECRET_KEY_BASE_PREVIOUS") ?? "").split(separator: ",").map {
            String($0.drop(while: \.isWhitespace))
        }
        allowedNetworks = e.list("PRIKKE_ALLOW_NETWORKS", of: "networks such as 10.0.0.0/8") { IPNetwork($0) }
        deniedPorts = Set(e.list("PRIKKE_DENY_PORTS", of: "ports from 1 to 65535") { UInt16($0).flatMap { $0 > 0 ? $0 : nil } })
        deniedHosts = e.list("PRIKKE_DENY_HOSTS", of: "host names such as example.com", Self.hostName)
        hostConcurrency = e.integer("PRIKKE_HOST_CONCURRENCY", default: 500, 0...100_000)
        mostWorkers = e.integer("PRIKKE_WORKERS_MAX", default: 1_000, 1...50_000)
        fewestWorkers = e.integer("PRIKKE_WORKERS_MIN", default: min(100, mostWorkers), 1...50_000)
        if fewestWorkers > mostWorkers { e.refuse("PRIKKE_WORKERS_MIN: use at most PRIKKE_WORKERS_MAX, which is \(mostWorkers).") }
        graceSeconds = e.integer("PRIKKE_GRACE", default: 30, 0...3_600)
        catchUpRate = e.integer("PRIKKE_CATCH_UP_RATE", default: 100, 0...100_000)
        connectionsPerAddress = e.integer("PRIKKE_CONNECTIONS_PER_ADDRESS", default: 512, 0...100_000)
        rateLimit = e.integer("PRIKKE_RATE_LIMIT", default: 600, 0...1_000_000)
        trustedProxies = e.list("PRIKKE_TRUSTED_PROXIES", of: "addresses or networks such as 10.0.0.0/8") { text in
            IPNetwork(text) ?? IPAddress(text).flatMap { IPNetwork("\(text)/\($0.isIPv6 ? 128 : 32)") }
        }
        plansFile = e.text("PRIKKE_PLANS_FILE")
        mail = Mail(reading: &e, isProduction: stage == .production)

        if let url = databaseURL, !url.hasPrefix("postgres"), !url.contains("=") {
            e.refuse("DATABASE_URL: use postgresql://user@host/database, or libpq's host=… dbname=….")
        }
        if let name = publicHost, Self.hostName(name) == nil { e.refuse("PRIKKE_HOST: use a host name alone, such as prikke.example.") }
        if IPAddress(host) == nil { e.refuse("HOST: use an address of this machine, such as 127.0.0.1 or 0.0.0.0.") }
        do throws(Mistakes) { _ = try plans() } catch { for mistake in error.list { e.refuse(mistake) } }
        if let key = secretKeyBase, key.utf8.count < 64 { e.refuse("SECRET_KEY_BASE: use at least 64 bytes (openssl rand -base64 64).") }
        if previousKeyBases.contains(where: { $0.utf8.count < 64 }) {
            e.refuse("SECRET_KEY_BASE_PREVIOUS: use what SECRET_KEY_BASE was before, of at least 64 bytes each, separated by commas.")
        }
        guard stage == .production else { return }
        if let key = secretKeyBase, key.utf8.count >= 64, Set(key.utf8).count < Self.fewestDistinctBytes {
            e.refuse("SECRET_KEY_BASE: this can be guessed; use random bytes (openssl rand -base64 64).")
        }
        if secretKeyBase == nil { e.refuse("SECRET_KEY_BASE is needed in production: at least 64 bytes (openssl rand -base64 64).") }
        if publicHost == nil { e.refuse("PRIKKE_HOST is needed in production: the public host name, such as prikke.example.") }
        if databaseURL == nil, dataFolder == nil { e.refuse("DATABASE_URL is needed in production, or an explicit PRIKKE_DATA_DIR.") }
    }

    /// 64 random hexadecimal digits have fewer once in ten million times.
    private static let fewestDistinctBytes = 12

    /// A name as the address policy compares it; nil for an address, and for what is neither.
    private static func hostName(_ text: String) -> String? {
        guard let url = try? TargetURL("http://\(text)/"), case .name(let name) = url.host, url.target == "/", url.port == 80 else {
            return nil
        }
        return name
    }
}
