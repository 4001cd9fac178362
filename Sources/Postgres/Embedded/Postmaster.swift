import Glibc

/// The first process of a Postgres server, which is ours to stop: our child, or that of an owner who died.
struct Postmaster {
    let pid: pid_t
    let cluster: String

    /// What a server writes to `postmaster.pid` in its cluster.
    struct State {
        let pid: pid_t
        let socketFolder: String
        /// `starting`, `ready`, `stopping` or `standby`.
        let status: String

        /// It says so, and nobody has swept its socket out of /tmp.
        var isReady: Bool { status == "ready" && access(socketFolder + "/.s.PGSQL.5432", F_OK) == 0 }

        init?(of cluster: String) {
            guard let text = contents(of: cluster + "/postmaster.pid") else { return nil }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            guard let pid = lines.first.flatMap({ pid_t($0) }), pid > 0 else { return nil }
            self.pid = pid
            socketFolder = lines.count > 4 ? String(lines[4]) : ""
            status = lines.count > 7 ? String(lines[7].prefix { $0 != " " }) : ""
        }
    }

    /// The state of the server that runs on `cluster`; nil if none does, whatever an old postmaster.pid may say: its
    /// number may by now be another program's, and Postgres itself would refuse to start.
    static func state(of cluster: String) -> State? {
        guard let state = State(of: cluster), Dwellers(folder: cluster).include(state.pid) else { return nil }
        return state
    }

    /// Starts a server on a cluster on which none runs.
    static func start(_ programs: ServerPrograms, in home: ClusterHome, log: ServerLog) throws(EmbeddedPostgresError) -> Postmaster {
        // Children of a postmaster that was killed would write to the files the new server writes to; most end by
        // themselves. With them goes whatever postmaster.pid could protect.
        Dwellers(folder: home.cluster).clear(after: .seconds(5))
        unlink(home.cluster + "/postmaster.pid")
        let command = home.user.prefix + [programs.postgres, "-D", home.cluster]
        let child = try ChildProcess(command, in: home.cluster, output: log.descriptor)
        return Postmaster(pid: child.pid, cluster: home.cluster)
    }

    /// Waits till the server accepts connections: after a crash it first replays its log, which can take minutes.
    func waitUntilReady(log: ServerLog, progress: (String) -> Void) throws(EmbeddedPostgresError) -> State {
        let start = ContinuousClock.now
        var told = start
        while true {
            if let end { throw .failed(program: "server (it ended: \(end))", log: log.tail) }
            if let state = State(of: cluster), state.pid == pid, state.status == "ready" { return state }
            if told.duration(to: .now) > .seconds(2) {
                told = .now
                progress("The database is recovering from a crash: \(start.duration(to: told).components.seconds) s so far.")
            }
            guard start.duration(to: .now) < .seconds(3600) else { throw .failed(program: "server", log: log.tail) }
            usleep(10_000)
        }
    }

    /// Ends it and waits till it has ended: fast (connections are cut, data is flushed), and if that takes too long at
    /// once (the next start recovers).
    func stop(fastWithin patience: Duration) {
        if patience > .zero {
            kill(pid, SIGINT)
            if waits(patience, until: { hasEnded }) { return }
        }
        kill(pid, SIGQUIT)
        if waits(.seconds(10), until: { hasEnded }) { return }
        kill(pid, SIGKILL)
        waits(.seconds(5)) { hasEnded }
    }

    /// Also takes the dead child from the process table.
    var hasEnded: Bool { end != nil }

    /// How it ended, for an error; nil while it runs. Of a child of ours the kernel's word is enough; only of an owner's who
    /// died do we have to ask where it works.
    private var end: String? {
        var status: Int32 = 0
        switch waitpid(pid, &status, WNOHANG) {
        case 0: return nil
        case pid: return status & 0x7F == 0 ? "exit code \(status >> 8)" : "signal \(status & 0x7F)"
        default: return Dwellers(folder: cluster).include(pid) ? nil : "nobody knows how"
        }
    }
}
