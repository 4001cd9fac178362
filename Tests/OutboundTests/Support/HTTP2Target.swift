import Foundation

/// `nghttpd`, which speaks HTTP/2 over TLS and nothing else, with files to ask for: `/0` holds "0", and so on.
final class HTTP2Target: Sendable {
    static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/sbin/nghttpd")

    let port: UInt16
    /// Whose certificate it shows.
    let owner: TLSTarget
    private let server: pid_t
    private let folder: String

    /// Shows a certificate for `name`.
    static func start(name: String, files: Int) async throws -> HTTP2Target {
        let owner = try await TLSTarget.start(name: name)
        return try await withCheckedThrowingContinuation { continuation in
            onThread { continuation.resume(with: Result { try HTTP2Target(owner, files: files) }) }
        }
    }

    private init(_ owner: TLSTarget, files: Int) throws {
        self.owner = owner
        folder = NSTemporaryDirectory() + "prikke-http2-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for number in 0..<files { try Data("\(number)".utf8).write(to: URL(filePath: "\(folder)/\(number)")) }
        let (socket, port) = try listenOn("127.0.0.1")
        close(socket)
        self.port = port
        let arguments = ["/usr/sbin/nghttpd", "--address=127.0.0.1", "--htdocs=\(folder)", "\(port)", owner.key, owner.certificate]
        server = try TLSTarget.run(arguments).processIdentifier
        try TLSTarget.waitUntilSomethingListens(at: port)
    }

    deinit {
        kill(server, SIGTERM)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
