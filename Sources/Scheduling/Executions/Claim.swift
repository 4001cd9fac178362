import JSON
import Postgres
import Tenancy
import Time

/// One execution leased to this node, with all that its next attempt needs.
struct Claim: Sendable {
    let organizationID: ID<Organization>
    let id: ID<Execution>
    let jobID: ID<Job>
    let scheduledFor: Timestamp
    /// When it may start: `scheduledFor`, or the instant of a retry.
    let dueAt: Timestamp
    let trigger: ExecutionTrigger
    let attempt: Int
    let lostLeases: Int
    /// Nodes that died under it, so far as it may be to blame.
    let crashes: Int
    let keepDays: Int
    /// The fence: whoever does not hold it any more cannot write the outcome.
    let leaseToken: Int64
    let plugin: String
    let config: JSON
    /// The secrets of `config`; nil: it has none.
    let sealedConfig: [UInt8]?
    let override: JSON?
    let timeout: Duration
    let retries: RetryPolicy
    let success: SuccessRules
    /// What its request is signed with, newest first.
    let sealedSecrets: [[UInt8]]
    /// Whether what its job says could be read.
    let isReadable: Bool
    /// Whether it may have to be withdrawn rather than run: its job was deleted or paused, or it is later than may be.
    let isDoubtful: Bool

    /// What lateness is measured from: a retry is due when it was to come, and so is what people put off; a first attempt when its
    /// occurrence was, also where it had to wait for its turn among what is made up.
    var wasDueAt: Timestamp { attempt - lostLeases == 1 && [.schedule, .backfill].contains(trigger) ? scheduledFor : dueAt }

    /// Tells this lease from an earlier one of the same execution.
    var lease: Lease { Lease(id: id, token: leaseToken) }

    struct Lease: Hashable, Sendable {
        let id: ID<Execution>
        let token: Int64
    }
}

extension Claim {
    init(_ row: Row) throws {
        let timeoutMs: Int32 = try row("timeout_ms")
        organizationID = try row("organization_id")
        id = try row("id")
        jobID = try row("job_id")
        scheduledFor = try row("scheduled_for")
        dueAt = try row("due_at")
        trigger = ExecutionTrigger(rawValue: try row("trigger")) ?? .schedule
        attempt = Int(try row("attempt") as Int16)
        lostLeases = Int(try row("lost_leases") as Int16)
        crashes = Int(try row("crashes") as Int16)
        keepDays = Int(try row("keep_days") as Int16)
        leaseToken = try row("lease_token")
        plugin = try row("plugin")
        timeout = .milliseconds(Int(timeoutMs))
        // What a tenant wrote is read leniently: a row that threw here would keep its whole batch, leased by now and of many
        // tenants, from being run.
        let config: JSON? = try? row("config")
        let override: JSON? = try? row("override", as: JSON?.self)
        let retries: JSON? = try? row("retries")
        let success: JSON? = try? row("success")
        isReadable = config != nil && retries != nil && success != nil
        isDoubtful = try row("is_doubtful")
        self.config = config ?? .null
        sealedConfig = try row("sealed_config")
        self.override = override
        self.retries = RetryPolicy(retries ?? [:])
        self.success = SuccessRules(success ?? [:])
        sealedSecrets = try row("secrets")
    }
}

extension Claim {
    /// When to try again after what the attempt came to; nil: it was the last. Attempts that a dying node took with it do not
    /// count against the limit.
    func retryTime(after outcome: Outcome, endedAt: Timestamp, using random: inout some RandomNumberGenerator) -> Timestamp? {
        let retry = attempt - lostLeases
        guard outcome.isWorthRetrying, retry <= retries.limit else { return nil }
        return endedAt.adding(outcome.steering.wait(insteadOf: retries.wait(beforeRetry: retry, using: &random)))
    }
}

/// An attempt that has ended, to be recorded.
struct Finished: Sendable {
    let claim: Claim
    let outcome: Outcome
    let startedAt: Timestamp
    let finishedAt: Timestamp
    /// When to try again; nil: this was the last attempt.
    let retryAt: Timestamp?
    /// Whom it called, as host:port; nil: nobody.
    var host: String?

    var durationMs: Int32 { Int32(clamping: startedAt.duration(to: finishedAt).microseconds / 1_000) }

    /// The bodies that were sent and received, in bytes; the headers beside them are 32 KiB at most.
    var size: Int { (outcome.record.request?["body"]?.string?.utf8.count ?? 0) + (outcome.record.responseBody?.count ?? 0) }

    /// The same ending without what the call sent and received.
    var withoutPayload: Finished {
        var bare = Outcome(reason: outcome.reason, statusCode: outcome.statusCode)
        bare.steering = outcome.steering
        return Finished(claim: claim, outcome: bare, startedAt: startedAt, finishedAt: finishedAt, retryAt: retryAt, host: host)
    }

    /// By how much it started after it was due; never negative.
    var lateness: Int64 { max(0, claim.wasDueAt.duration(to: startedAt).microseconds) }
}
