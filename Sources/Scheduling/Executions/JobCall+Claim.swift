import Time

extension Outcome {
    static let unreadable = Outcome(reason: .pluginLimit, message: "What the job says cannot be read; save it again.")
}

extension JobCall {
    init(_ claim: Claim, startedAt: Timestamp, signingSecrets: [[UInt8]]) {
        self.init(
            organizationID: claim.organizationID, jobID: claim.jobID, executionID: claim.id, attempt: claim.attempt, trigger: claim.trigger,
            scheduledFor: claim.scheduledFor, startedAt: startedAt, lateness: claim.wasDueAt.duration(to: startedAt), config: claim.config,
            override: claim.override?["body"], timeout: claim.timeout, success: claim.success, signingSecrets: signingSecrets)
    }
}
