/// The paths about an organization's jobs and their executions; those with braces are routes.
extension Paths {
    /// What happens, for live pages.
    static let stream = "/{slug}/stream"

    static let jobs = "/{slug}/jobs"
    static let jobsAction = "/{slug}/jobs/bulk"
    static let newJob = "/{slug}/jobs/new"
    static let jobPreview = "/{slug}/jobs/preview"
    static let jobTest = "/{slug}/jobs/test"
    static let job = "/{slug}/jobs/{job}"
    static let jobEdit = "/{slug}/jobs/{job}/edit"
    static let jobClone = "/{slug}/jobs/{job}/clone"
    static let jobPause = "/{slug}/jobs/{job}/pause"
    static let jobResume = "/{slug}/jobs/{job}/resume"
    static let jobRun = "/{slug}/jobs/{job}/run"
    static let jobDeletion = "/{slug}/jobs/{job}/delete"
    static let jobRestore = "/{slug}/jobs/{job}/restore"

    static let executions = "/{slug}/executions"
    static let replay = "/{slug}/executions/replay"
    static let execution = "/{slug}/executions/{execution}"
    static let executionCancel = "/{slug}/executions/{execution}/cancel"
    static let executionRetry = "/{slug}/executions/{execution}/retry"
    static let executionReschedule = "/{slug}/executions/{execution}/reschedule"
    static let attemptResponse = "/{slug}/executions/{execution}/attempts/{attempt}/response"

    /// A list with these parameters; what is empty is left out.
    static func query(_ path: String, _ parameters: [(String, String?)]) -> String {
        let parts = parameters.compactMap { name, value in
            value.flatMap { $0.isEmpty ? nil : "\(name)=\(PercentEncoding.encode($0))" }
        }
        return parts.isEmpty ? path : path + "?" + parts.joined(separator: "&")
    }
}
