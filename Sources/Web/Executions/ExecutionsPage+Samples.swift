import Scheduling
import Time

extension ExecutionsPage {
    static let samples: [ExecutionsPage] = {
        let frame = Frame(
            viewer: Viewer(place: "/acme/executions?status=failed"), organization: "Acme", slug: "acme", mayChange: true,
            siteURL: "https://prikke.example", now: PageSamples.now,
            titles: [PageSamples.job: Jobs.Title(name: "Nightly export", isDeleted: false)])
        var failed = ExecutionFilter()
        failed.statuses = [.failed, .timeout]
        return [
            ExecutionsPage([], ExecutionFilter(), next: nil, isFirst: true, frame),
            ExecutionsPage([], failed, next: nil, isFirst: true, frame),
            ExecutionsPage(typed: ["since": "yesterday"], complaints: ["Write a date and a time."], frame),
            ExecutionsPage(PageSamples.executions, ExecutionFilter(), next: "1-exe", isFirst: false, frame),
        ]
    }()
}

extension PageSamples {
    static let now = Timestamp(rfc3339: "2026-11-30T08:00:00Z") ?? Timestamp(seconds: 0)
    static let job = Job.Identifier(at: now)
    /// One of each status, and a stretch.
    static let executions: [Execution] =
        ExecutionStatus.allCases.map { execution($0) } + [execution(.skipped, reason: .paused, count: 238)]

    static func execution(
        _ status: ExecutionStatus, reason: Reason? = nil, count: Int = 1, attempt: Int = 1, message: String? = nil,
        response: Execution.Response? = nil
    ) -> Execution {
        let reasons: [ExecutionStatus: Reason] = [
            .failed: .httpStatus, .timeout: .deadline, .missed: .startDeadline, .skipped: .overlap, .cancelled: .cancelledByUser,
        ]
        let started = [.success, .failed, .timeout, .running].contains(status) ? now.adding(.milliseconds(-7_997)) : nil
        let hasEnded = status.isFinal && started != nil
        return Execution(
            id: Execution.Identifier(at: now.adding(.seconds(-8))), jobID: job, jobKey: nil, status: status,
            reason: reason ?? reasons[status],
            trigger: .schedule, scheduledFor: now.adding(.seconds(-8)), dueAt: status.isFinal ? nil : now.adding(.seconds(60)),
            startedAt: started, finishedAt: status.isFinal ? now : nil, attempt: attempt, statusCode: hasEnded ? 200 : nil,
            durationMs: hasEnded ? 242 : nil, latenessMs: hasEnded ? 3 : nil, errorMessage: message, count: count,
            lastScheduledFor: count > 1 ? now : nil, repeatOf: nil, response: response)
    }
}
