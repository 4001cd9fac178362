import Glibc

/// Where the cluster of a data folder lives, and what lies beside it:
///
///     <data folder>/postgres.log     what the server and initdb print
///     <data folder>/cluster          the cluster, or a link to it: see `elsewhere`
///     <home>/cluster/                Postgres' own folder (PGDATA), owned by the server's user
///     <home>/prikke.conf             our settings, written anew at each start
///     <home>/lock                    locked by the program that owns the cluster
///     <home>/socket                  a link to the folder of the server's socket
///
/// Home is the data folder, unless the server's user may not enter it.
struct ClusterHome {
    let dataFolder: String
    let path: String
    let user: ServerUser

    var cluster: String { path + "/cluster" }
    var settings: String { path + "/prikke.conf" }
    var lock: String { path + "/lock" }
    var log: String { dataFolder + "/postgres.log" }

    /// A sentence for the reader who looks for the cluster in the data folder.
    var note: String? {
        path == dataFolder ? nil : "The database is in \(path), because the user it runs as may not enter \(dataFolder)."
    }

    /// Finds the home of `dataFolder`, making both where they are missing.
    init(of dataFolder: String) throws(EmbeddedPostgresError) {
        // As root the folder is passed through by the server's user, who may not list it.
        let mode: mode_t = geteuid() == 0 ? 0o711 : 0o700
        try makeFolder(dataFolder, mode: mode)
        guard let real = realPath(dataFolder) else { throw .system("find", dataFolder) }
        self.dataFolder = real
        let cluster = real + "/cluster"
        if let elsewhere = linkTarget(cluster) {
            user = try ServerUser(for: elsewhere)
            path = parent(of: elsewhere) ?? real
        } else {
            user = try ServerUser(for: cluster)
            path = try user.canEnter(real) ? real : Self.elsewhere(real)
            if path != real, symlink(path + "/cluster", cluster) != 0 { throw .system("make the link", cluster) }
        }
        if path != real { try makeFolder(path, mode: mode) }
    }

    /// Root's own folders are closed to the user whom Postgres must run as; opening them would be worse than moving out.
    /// The name comes from the data folder's path, so that two data folders never share a cluster.
    private static func elsewhere(_ dataFolder: String) -> String {
        let hash = dataFolder.utf8.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        return "/var/lib/prikke/" + String(hash, radix: 16)
    }

    /// The major version that made the cluster; nil if there is none yet.
    var version: Int? { contents(of: cluster + "/PG_VERSION").flatMap { Int($0.prefix(while: \.isNumber)) } }
}
