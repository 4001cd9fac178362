import Glibc

extension ClusterHome {
    private var socketLink: String { path + "/socket" }

    /// The folder for the server's socket, which nobody but the server's user may enter: whoever reaches the socket is
    /// believed to be whom he says he is.
    ///
    /// It is in /tmp because a socket's path holds 107 bytes and a data folder's may be longer. Anybody can make folders
    /// there first, so its name is random (`mkdtemp` never takes one that exists), and the one remembered from before a
    /// crash is taken again only if it is still ours and still closed.
    func socketFolder() throws(EmbeddedPostgresError) -> String {
        if let known = linkTarget(socketLink), isPrivate(known), !isInUse(known) {
            // The lock beside the socket names a server that is dead, which Postgres cannot tell from a zombie.
            empty(known)
            return known
        }
        var template = Array("/tmp/prikke-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .system("make a folder for the socket in", "/tmp") }
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        try user.own(folder)
        unlink(socketLink)
        guard symlink(folder, socketLink) == 0 else { throw .system("make the link", socketLink) }
        return folder
    }

    private func isPrivate(_ folder: String) -> Bool {
        var entry = stat()
        guard lstat(folder, &entry) == 0 else { return false }
        return entry.st_mode & S_IFMT == S_IFDIR && entry.st_uid == user.id && entry.st_mode & 0o077 == 0
    }

    /// Whether a server listens there: that of the data folder which ours, with its link, is a copy of.
    private func isInUse(_ folder: String) -> Bool {
        guard let lines = contents(of: folder + "/.s.PGSQL.5432.lock")?.split(separator: "\n"), lines.count > 1 else { return false }
        return pid_t(lines[0]).map { Dwellers(folder: String(lines[1])).include($0) } ?? false
    }

    /// Takes away the folder of a server that has ended, with what it left there.
    func removeSocketFolder() {
        guard let folder = linkTarget(socketLink) else { return }
        if isPrivate(folder) {
            empty(folder)
            rmdir(folder)
        }
        unlink(socketLink)
    }

    private func empty(_ folder: String) {
        unlink(folder + "/.s.PGSQL.5432")
        unlink(folder + "/.s.PGSQL.5432.lock")
    }
}
