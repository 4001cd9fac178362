import Foundation

extension ClusterHome {
    /// Makes the cluster, so that it is there whole or not at all: initdb works in a folder of another name, which is
    /// moved into place at the end. What a killed attempt left is thrown away, and an initdb still at it ended.
    func makeCluster(with programs: ServerPrograms, profile: ServerProfile, log: ServerLog) throws(EmbeddedPostgresError) {
        for draft in names(in: path).filter({ $0.hasPrefix("making-") }).map({ path + "/" + $0 }) {
            Dwellers(folder: draft).clear(after: .zero)
            removeTree(draft)
        }
        var template = Array((path + "/making-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw .system("make a folder in", path) }
        let draft = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        try user.own(draft)

        var command = [
            programs.initdb, "-D", draft, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions",
        ]
        if profile == .disposable { command.append("--no-sync") }
        guard try ChildProcess(user.prefix + command, in: draft, output: log.descriptor).wait() else {
            throw .failed(program: "initdb", log: log.tail)
        }
        try includeSettings(in: draft + "/postgresql.conf")
        guard rename(draft, cluster) == 0 else { throw .system("move the new cluster to", cluster) }
        try flush(path)
    }

    /// Our settings stand beside the cluster, where only we can write, and come last: they win.
    private func includeSettings(in file: String) throws(EmbeddedPostgresError) {
        let descriptor = open(file, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .system("open", file) }
        defer { close(descriptor) }
        let line = Array("\ninclude_if_exists = '../prikke.conf'\n".utf8)
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else { throw .system("write", file) }
    }

    private func flush(_ folder: String) throws(EmbeddedPostgresError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, fsync(descriptor) == 0 else { throw .system("flush", folder) }
        close(descriptor)
    }

    /// Writes our settings as this start wants them.
    func writeSettings(with programs: ServerPrograms, profile: ServerProfile, socketFolder: String) throws(EmbeddedPostgresError) {
        // Not every build knows lz4; asking the very server is the only sure way.
        let question = [programs.postgres, "-D", cluster, "-C", "wal_compression", "-c", "wal_compression=lz4"]
        let compression = try ChildProcess.output(of: user.prefix + question) == nil ? "on" : "lz4"
        let text = profile.settings(
            socketFolder: socketFolder, memory: Machine.memory, freeDisk: Machine.freeDisk(at: path), compression: compression)
        try replaceFile(settings, with: text, mode: 0o644)
    }
}

/// Deletes a folder and all in it; what does not exist is no mistake.
func removeTree(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
