/// Why a line of a crontab makes no job. The list is closed: `docs/sync.md` names each.
struct CrontabSkip: Error, Equatable {
    enum Reason: String, CaseIterable {
        /// It runs something else than one curl or wget, or something else beside it.
        case notHTTP = "not-http"
        case reboot
        case badSchedule = "bad-schedule"
        /// It is no line of a crontab.
        case badLine = "bad-line"
        /// What only a shell can work out: conditions, loops, the output of commands.
        case shell
        /// A variable whose value does not stand in the crontab.
        case variable
        /// It sends a file of this machine, or keeps the answer in one.
        case file
        /// Another program works on the answer.
        case outputUsed = "output-used"
        case severalRequests = "several-requests"
        /// An option of curl or wget that a job has no setting for.
        case option
        /// Certificates of one's own, digest, .netrc.
        case authentication
        /// A proxy, a Unix socket, an address of one's own for a name.
        case network
        /// Prikke refuses such a request; the detail says why.
        case notAccepted = "not-accepted"
    }

    let reason: Reason
    /// A sentence: what stands in the way, and what to do.
    let detail: String

    init(_ reason: Reason, _ detail: String) { (self.reason, self.detail) = (reason, detail) }
}
