import Foundation

@testable import Postgres

/// A new folder for a test, with a space in its path. Its name holds this process's id, so that a later run can tell what
/// a killed one left.
enum Folder {
    private static let prefix = "/tmp/prikke end-to-end "

    static func make() throws -> String {
        discardLeaked()
        let path = "\(prefix)\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    static func lend<R: Sendable>(_ body: (String) async throws -> R) async throws -> R {
        let folder = try await onOwnThread { try make() }
        let result: Result<R, any Error>
        do { result = .success(try await body(folder)) } catch { result = .failure(error) }
        await onOwnThread { discard(folder) }
        return try result.get()
    }

    /// Ends whatever Postgres still runs on it, and deletes it.
    static func discard(_ folder: String) {
        EmbeddedPostgres.discard(dataFolder: folder + "/data")
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Ends the server whose test run was killed: its Postgres would be started again by it.
    private static func endOwner(of folder: String) {
        let lock = try? String(contentsOfFile: folder + "/data/lock", encoding: .utf8)
        guard let pid = lock.flatMap({ pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) else { return }
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")
        if program?.hasSuffix("/prikke") == true { kill(pid, SIGKILL) }
    }

    private static func discardLeaked() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []
        for path in names.map({ "/tmp/" + $0 }) where path.hasPrefix(prefix) {
            guard let pid = pid_t(path.dropFirst(prefix.count).prefix { $0 != "-" }), kill(pid, 0) != 0, errno == ESRCH else { continue }
            endOwner(of: path)
            discard(path)
        }
    }
}
