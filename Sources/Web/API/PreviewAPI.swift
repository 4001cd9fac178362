import Scheduling
import Tenancy

extension API {
    /// `/api/preview`, `/api/jobs/{job}/preview`
    public static func previews(_ jobs: Jobs) -> [Operation] {
        [
            Operation(
                .post, "/api/preview", id: "previewSchedule", summary: "What a schedule comes to, without saving it", permission: .seeJobs,
                body: .required(Jobs.previewBody), answers: [.ok(SchedulePreview.shape)]
            ) { call in .ok(try await jobs.preview(call.body, for: call.access)) },
            Operation(
                .get, "/api/jobs/{job}/preview", id: "previewJob", summary: "What a job's schedule comes to", permission: .seeJobs,
                body: .none,
                answers: [.ok(SchedulePreview.shape)],
                find: { path, access in
                    guard let name = Jobs.Name(path["job"]) else { throw Problem.notFound }
                    return try await jobs.find(name, for: access)
                }
            ) { job, call in .ok(try await jobs.preview(of: job, for: call.access)) },
        ]
    }
}
