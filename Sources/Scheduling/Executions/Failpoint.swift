import JSON

#if DEBUG
    import Glibc
    import Synchronization

    /// Places between two effects at which a test can kill the process: `PRIKKE_FAILPOINT=claimed:3` sends it SIGKILL when it
    /// has come there for the third time; several are separated by commas. Only in debug builds.
    enum Failpoint: String {
        /// The scheduler has read what is due; nothing is written.
        case occurrenceRead = "occurrence_read"
        case occurrenceQueued = "occurrence_queued"
        /// The lease is committed; nothing is armed.
        case claimed
        case claimAnswered = "claim_answered"
        case attemptBegun = "attempt_begun"
        /// The plugin has returned; nothing is recorded.
        case requestAnswered = "request_answered"
        case outcomeStored = "outcome_stored"
        case retryQueued = "retry_queued"
        case waitingReleased = "waiting_released"
        case handedBack = "handed_back"
        case handedOver = "handed_over"
        case strayHandedBack = "stray_handed_back"
        case rescued
        /// A write of the API is committed; its answer is not sent.
        case jobSaved = "job_saved"
        case heartbeat
        /// What is to be told is decided; nothing is written.
        case alertsDecided = "alerts_decided"
        case alertsWritten = "alerts_written"
        /// The lease of a delivery is committed; nothing is sent.
        case deliveryLeased = "delivery_leased"
        /// Its channel has answered; nothing is recorded.
        case deliverySent = "delivery_sent"
        case deliveryRecorded = "delivery_recorded"
        /// It is in the outbox, a row for each recipient.
        case mailQueued = "mail_queued"

        private static let asked = (getenv("PRIKKE_FAILPOINT").map { String(cString: $0) } ?? "").split(separator: ",").map(String.init)
        private static let countdowns = Mutex(countdowns(of: asked))

        private static func countdowns(of asked: [String]) -> [String: Int] {
            let pairs = asked.map { $0.split(separator: ":") }.filter { $0.count == 2 }
            return Dictionary(pairs.map { (String($0[0]), Int($0[1]) ?? 1) }, uniquingKeysWith: { first, _ in first })
        }

        /// The process has come here.
        func reached() {
            guard !Self.asked.isEmpty else { return }
            let left = Self.countdowns.withLock { countdowns -> Int? in
                guard let left = countdowns[rawValue] else { return nil }
                countdowns[rawValue] = left - 1
                return left - 1
            }
            if left == 0 { kill(getpid(), SIGKILL) }
        }

        /// `PRIKKE_FAILPOINT=poison`: an attempt of a job whose URL's path begins with /poison traps, as a mistake of ours would.
        static func trap(on config: JSON) {
            guard asked.contains("poison"), let url = config["url"]?.string else { return }
            let path = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).first ?? ""
            if path.hasPrefix("poison") { fatalError("poison") }
        }
    }
#else
    /// Nothing is left of the failpoints of debug builds.
    enum Failpoint {
        case occurrenceRead, occurrenceQueued, claimed, claimAnswered, attemptBegun, requestAnswered, outcomeStored, retryQueued
        case waitingReleased, handedBack, handedOver, strayHandedBack, rescued, jobSaved, heartbeat
        case alertsDecided, alertsWritten, deliveryLeased, deliverySent, deliveryRecorded, mailQueued

        @inline(__always) func reached() {}
        @inline(__always) static func trap(on config: JSON) {}
    }
#endif
