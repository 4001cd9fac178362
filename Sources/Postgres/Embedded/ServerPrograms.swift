import Glibc

/// The folder with `initdb` and `postgres`. Debian and Homebrew keep it off PATH.
struct ServerPrograms: Equatable {
    /// The oldest version that works: NULLS NOT DISTINCT and `wal_compression=lz4` came with it.
    static let oldest = 15

    let folder: String
    let major: Int

    var initdb: String { folder + "/initdb" }
    var postgres: String { folder + "/postgres" }

    /// The newest server in `folders`, or the one of `wanted`, the version that made the cluster: no other can read it.
    static func find(wanted: Int? = nil, in folders: [String] = usualFolders) throws(EmbeddedPostgresError) -> ServerPrograms {
        var found: [ServerPrograms] = []
        for folder in folders where isProgram(folder + "/initdb") && isProgram(folder + "/postgres") {
            guard let major = try version(of: folder + "/postgres") else { continue }
            found.append(ServerPrograms(folder: folder, major: major))
        }
        if let wanted { found.removeAll { $0.major != wanted } }
        guard let newest = found.max(by: { $0.major < $1.major }) else { throw .notInstalled(wanted: wanted) }
        guard newest.major >= oldest else { throw .tooOld(major: newest.major) }
        return newest
    }

    /// 15 of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, 19 of `postgres (PostgreSQL) 19beta1`.
    private static func version(of program: String) throws(EmbeddedPostgresError) -> Int? {
        guard let text = try ChildProcess.output(of: [program, "--version"]) else { return nil }
        return text.split(separator: " ").lazy.compactMap { Int($0.prefix(while: \.isNumber)) }.first
    }

    /// Debian, Red Hat, Homebrew on each of its systems, then PATH.
    static var usualFolders: [String] {
        let patterns = [
            "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
            "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
        ]
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return patterns.flatMap(paths(matching:)) + path.split(separator: ":").map(String.init)
    }

    private static func paths(matching pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }
}
