import Foundation
import TestSupport

/// `openssl s_server` with a certificate made for the occasion.
final class TLSTarget: Sendable {
    static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    let port: UInt16
    /// The file of its self-signed certificate.
    let certificate: String
    let key: String
    private let folder: String
    private let server: pid_t

    /// Presents a certificate for `name` that is valid for `days`, and refuses who asks for another name by SNI, if
    /// `checksName`. Foundation's processes block, so they are started on a thread of their own.
    static func start(name: String, days: Int = 1, checksName: Bool = true, options: [String] = []) async throws -> TLSTarget {
        try await withCheckedThrowingContinuation { continuation in
            onThread {
                // Children inherit the mask, and the threads of the cooperative pool, which our threads come from, block
                // all signals: without this the server could not be told to end, not by `timeout` either.
                var none = sigset_t()
                sigemptyset(&none)
                pthread_sigmask(SIG_SETMASK, &none, nil)
                continuation.resume(
                    with: Result { try TLSTarget(name: name, days: days, options: options + (checksName ? ["-servername_fatal"] : [])) })
            }
        }
    }

    private init(name: String, days: Int, options: [String]) throws {
        folder = NSTemporaryDirectory() + "prikke-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        key = "\(folder)/key.pem"
        let (request, extensions) = ("\(folder)/request.pem", "\(folder)/extensions")
        certificate = "\(folder)/certificate.pem"
        try Data("subjectAltName=DNS:\(name)".utf8).write(to: URL(filePath: extensions))
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key]
        try Self.openssl(["req", "-new", "-subj", "/CN=\(name)", "-out", request] + newKey).waitUntilExit()
        try Self.openssl(["x509", "-req", "-in", request, "-key", key, "-extfile", extensions, "-days", "\(days)", "-out", certificate])
            .waitUntilExit()
        port = try freePort()
        let pair = ["-key", key, "-cert", certificate, "-key2", key, "-cert2", certificate]
        server = try Self.openssl(["s_server", "-accept", "127.0.0.1:\(port)", "-servername", name, "-www"] + pair + options)
            .processIdentifier
        try Self.waitUntilSomethingListens(at: port)
    }

    deinit {
        kill(server, SIGTERM)
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func openssl(_ arguments: [String]) throws -> Process { try run(["/usr/bin/openssl"] + arguments) }

    /// Under `timeout`, so that none is left when the tests are killed.
    static func run(_ command: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["60"] + command
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        // The thread comes from one of Dispatch's, which block signals; a child that inherits this could not be ended.
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        try process.run()
        return process
    }

    static func waitUntilSomethingListens(at port: UInt16) throws {
        for _ in 0..<1_000 {
            if canConnect(to: port) { return }
            usleep(10_000)
        }
        throw NoListener()
    }

    private static func canConnect(to port: UInt16) -> Bool {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(client) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
    }
}
