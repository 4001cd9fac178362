import CLibPQ
import Foundation
import Logging
import Testing

@testable import Postgres

/// A logger that says nothing.
let silence = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

/// Lends a path for a data folder, and afterwards ends what still runs there and deletes it.
func withDataFolder(named name: String = "data", _ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/prikke-tests-XXXXXX".utf8CString)
    #expect(mkdtemp(&template) != nil)
    let root = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    chmod(root, 0o755)
    let folder = root + "/" + name
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(folder)) } catch { outcome = .failure(error) }
    await onOwnThread {
        EmbeddedPostgres.discard(dataFolder: folder)
        removeTree(root)
    }
    try outcome.get()
}

/// What a server answers to one statement, its first column and row; nil if it cannot be asked or says no.
func answer(to sql: String, at connectionString: String) async -> String? {
    await onOwnThread {
        let connection = PQconnectdb(connectionString + " connect_timeout=10")
        defer { PQfinish(connection) }
        let result = PQexec(connection, sql)
        defer { PQclear(result) }
        return switch PQresultStatus(result) {
        case PGRES_COMMAND_OK: ""
        case PGRES_TUPLES_OK: PQgetvalue(result, 0, 0).map { String(cString: $0) }
        default: nil
        }
    }
}

/// `ClusterOwner` as a process of its own, so that it can be killed.
final class OwnerProcess {
    let pid: pid_t
    private let output = Pipe()
    private let process = Process()

    init(_ arguments: [String]) throws {
        // The test runner lies in the folder of the built programs.
        let here = linkTarget("/proc/self/exe").flatMap(parent(of:)) ?? ""
        process.executableURL = URL(filePath: here + "/ClusterOwner")
        process.arguments = arguments
        process.standardInput = Pipe()
        process.standardOutput = output
        try process.run()
        pid = process.processIdentifier
    }

    /// The next bytes it prints; empty at the end, which comes when nobody holds its stdout any more.
    func read() async -> String {
        let end = output.fileHandleForReading
        return await onOwnThread { String(decoding: end.availableData, as: UTF8.self) }
    }

    /// Waits till it has printed how to connect, which it does when its server is ready.
    func connectionString() async throws -> String {
        var text = ""
        while true {
            let line = text.split(separator: "\n").first { $0.hasPrefix("host=") }
            if let line, text.hasSuffix("\n") { return String(line) }
            let more = await read()
            try #require(!more.isEmpty, "the owner ended: \(text)")
            text += more
        }
    }

    /// At once, or as soon as `isTime`: looks and kills on one thread, so that next to nothing happens in between. False if
    /// the time did not come.
    @discardableResult
    func kill(when isTime: @escaping @Sendable () -> Bool = { true }) async -> Bool {
        let (process, pid) = (self.process, self.pid)
        return await onOwnThread {
            let hasCome = waits(.seconds(30), until: isTime)
            Glibc.kill(pid, SIGKILL)
            process.waitUntilExit()
            return hasCome
        }
    }
}
