import JSON
import Time

extension Outcome {
    static let unreadable = Outcome(reason: .pluginLimit, message: "What the job says cannot be read; save it again.")
    static let unopened = Outcome(
        reason: .pluginLimit, message: "A secret of the job cannot be opened, so nothing was sent. Save the job's secret values again.")
}

extension JobCall {
    /// `config`: the claim's, with its secrets in their places.
    init(_ claim: Claim, config: JSON, startedAt: Timestamp, signingSecrets: [[UInt8]]) {
        self.init(
            organizationID: claim.organizationID, jobID: claim.jobID, executionID: claim.id, attempt: claim.attempt, trigger: claim.trigger,
            scheduledFor: claim.scheduledFor, startedAt: startedAt, lateness: claim.wasDueAt.duration(to: startedAt), config: config,
            override: claim.override?["body"], timeout: claim.timeout, success: claim.success, signingSecrets: signingSecrets)
    }
}
