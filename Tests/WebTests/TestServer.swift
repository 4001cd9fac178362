import JSON
import Logging
import ServiceLifecycle
import Tenancy
import Web

/// A web server on a free port of loopback, and what it answers.
struct TestServer: Sendable {
    let port: Int
    private let group: ServiceGroup

    /// Starts a server, runs `body` and shuts the server down gracefully.
    static func run(
        _ site: Site, configure: (inout WebServer.Configuration) -> Void = { _ in },
        body: @escaping @Sendable (TestServer) async throws -> Void
    ) async throws {
        var configuration = WebServer.Configuration(host: "127.0.0.1", port: 0)
        configure(&configuration)
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = try WebServer(configuration, site: site, logger: logger) { told.yield($0) }
        let group = ServiceGroup(services: [NamedService(server)], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { told.finish() }
                try await group.run()
            }
            guard let port = await ports.first(where: { _ in true }) else { return try await tasks.waitForAll() }
            do {
                try await body(TestServer(port: port, group: group))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Asks the server to end; `run` waits for it.
    func beginShutdown() async { await group.triggerGracefulShutdown() }

    /// One request on its own connection.
    func request(
        _ method: String, _ path: String, key: String? = nil, headers: [String] = [], body: String? = nil
    ) async -> TestAnswer {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: test", "Connection: close"] + headers
        if let key { lines.append("Authorization: Bearer \(key)") }
        if let body {
            lines.append("Content-Length: \(body.utf8.count)")
            if !headers.contains(where: { $0.lowercased().hasPrefix("content-type:") }) { lines.append("Content-Type: application/json") }
        }
        return await send((lines + ["", body ?? ""]).joined(separator: "\r\n"))
    }

    /// These bytes and nothing else; what comes back until the server closes.
    func send(_ text: String, thenEnd: Bool = false) async -> TestAnswer {
        TestAnswer(bytes: await Wire.exchange(Array(text.utf8), port: port, thenEnd: thenEnd))
    }
}

/// An answer taken apart.
struct TestAnswer: Sendable {
    let status: Int
    let headers: [String: String]
    let text: String

    init(bytes: [UInt8]) {
        let whole = String(decoding: bytes, as: UTF8.self)
        let gap = whole.firstRange(of: "\r\n\r\n") ?? whole.endIndex..<whole.endIndex
        let lines = whole[..<gap.lowerBound].split(separator: "\r\n")
        status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let pairs = lines.dropFirst().compactMap { line in
            line.firstIndex(of: ":").map { (line[..<$0].lowercased(), String(line[line.index($0, offsetBy: 2)...])) }
        }
        headers = Dictionary(pairs) { $0 + ", " + $1 }
        text = String(whole[gap.upperBound...])
    }

    /// The body as JSON; null where it is none.
    var json: JSON { (try? JSON(parsing: text.utf8)) ?? .null }
    var code: String { json["code"]?.string ?? "" }
    var pointers: [String] { json["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? [] }
}
