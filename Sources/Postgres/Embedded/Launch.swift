/// What it takes to start the server of a data folder, now and again after it was killed; holds the folder's lock.
final class Launch: Sendable {
    let home: ClusterHome
    private let lock: FileLock
    private let log: ServerLog
    private let programs: ServerPrograms
    private let profile: ServerProfile

    /// Takes the folder, and makes the cluster if there is none.
    init(of dataFolder: String, profile: ServerProfile, progress: (String) -> Void) throws(EmbeddedPostgresError) {
        home = try ClusterHome(of: dataFolder)
        lock = try FileLock(at: home.lock, dataFolder: home.dataFolder)
        log = try ServerLog(at: home.log)
        programs = try ServerPrograms.find(wanted: home.version)
        self.profile = profile
        guard home.version == nil else { return }
        progress("Making a database in \(home.path).")
        try home.makeCluster(with: programs, profile: profile, log: log)
    }

    /// A server that accepts connections and has our database.
    func run(progress: (String) -> Void) throws(EmbeddedPostgresError) -> (Postmaster, ServerAddress) {
        let postmaster = if let inherited = takeOver() { inherited } else { try startAnew() }
        do throws(EmbeddedPostgresError) {
            let state = try postmaster.waitUntilReady(log: log, progress: progress)
            let address = ServerAddress(socketFolder: state.socketFolder)
            try address.makeDatabase()
            return (postmaster, address)
        } catch {
            finish(postmaster, fastWithin: .seconds(5))
            throw error
        }
    }

    /// The server that an owner who died left running. One that nobody can reach, or that is on its way out, is ended.
    private func takeOver() -> Postmaster? {
        guard let state = Postmaster.state(of: home.cluster) else { return nil }
        let postmaster = Postmaster(pid: state.pid, cluster: home.cluster)
        if state.isReady || state.status == "starting" { return postmaster }
        postmaster.stop(fastWithin: .seconds(30))
        return nil
    }

    /// Starts a server where none runs.
    func startAnew() throws(EmbeddedPostgresError) -> Postmaster {
        try home.writeSettings(with: programs, profile: profile, socketFolder: home.socketFolder())
        return try Postmaster.start(programs, in: home, log: log)
    }

    /// Ends the server and sweeps up after it.
    func finish(_ postmaster: Postmaster, fastWithin patience: Duration) {
        if !postmaster.hasEnded { postmaster.stop(fastWithin: patience) }
        home.removeSocketFolder()
    }
}
