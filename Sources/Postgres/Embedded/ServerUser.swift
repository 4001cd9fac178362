import Glibc

/// Whom the server runs as: ourselves; or, since Postgres refuses root, somebody else.
struct ServerUser: Equatable {
    let id: uid_t
    let group: gid_t
    /// What goes before a command so that this user runs it. `setpriv` becomes the command (same process id) and, unlike
    /// `su`, reads no shell and no profile.
    let prefix: [String]

    /// - Parameter cluster: where a cluster is, or will be; as root, the owner of one that exists is whom it must run as.
    init(for cluster: String) throws(EmbeddedPostgresError) {
        guard geteuid() == 0 else {
            (id, group, prefix) = (geteuid(), getegid(), [])
            return
        }
        var entry = stat()
        if stat(cluster, &entry) == 0, entry.st_uid != 0 {
            (id, group) = (entry.st_uid, entry.st_gid)
        } else if let postgres = Self.named("postgres") {
            (id, group) = postgres
        } else {
            throw .noServerUser
        }
        guard let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].first(where: isProgram) else {
            throw .system("To run PostgreSQL as another user than root, setpriv is needed: `apt-get install util-linux`.")
        }
        prefix = [setpriv, "--reuid", String(id), "--regid", String(group), "--clear-groups", "--"]
    }

    private static func named(_ name: String) -> (uid_t, gid_t)? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var space = [CChar](repeating: 0, count: 4096)
        guard getpwnam_r(name, &entry, &space, space.count, &found) == 0, found != nil else { return nil }
        return (entry.pw_uid, entry.pw_gid)
    }

    /// Whether this user can pass through `folder` and all its parents: tried, since modes alone do not tell it.
    func canEnter(_ folder: String) throws(EmbeddedPostgresError) -> Bool {
        if prefix.isEmpty { return true }
        return try ChildProcess.output(of: prefix + ["/usr/bin/test", "-x", folder]) != nil
    }

    /// Hands over a file or folder just made.
    func own(_ path: String) throws(EmbeddedPostgresError) {
        guard lchown(path, id, group) == 0 else { throw .system("hand over", path) }
    }
}
