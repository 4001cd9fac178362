import HTTPTypes
import JSON
import Scheduling
import Tenancy
import Time

extension API {
    /// `/api/jobs`
    public static func jobs(_ jobs: Jobs, _ executions: Executions) -> [Operation] {
        let (job, savedJob) = (JobShape.job(jobs.plugins), JobShape.saved(jobs.plugins))
        let find: @Sendable (PathParameters, Access) async throws -> Job = { path, access in
            guard let name = Jobs.Name(path["job"]) else { throw Problem.notFound }
            return try await jobs.find(name, for: access)
        }
        return [
            Operation(
                .get, "/api/jobs", id: "listJobs", summary: "The organization's jobs, newest first", permission: .seeJobs,
                query: Paging.fields,
                body: .none, answers: [.ok(.page(of: job))]
            ) { call in
                let paging = Paging(call.query)
                let page = try await jobs.page(after: try paging.position(Jobs.Position.init), limit: paging.limit + 1, for: call.access)
                return paging.answer(page, at: "/api/jobs", json: jobs.json, cursor: { Jobs.Position($0).cursor })
            },
            Operation(
                .post, "/api/jobs", id: "createJob", summary: "Make a job", permission: .changeJobs,
                body: .required(JobShape.draft(jobs.plugins).named("NewJob")), answers: [.created(savedJob)]
            ) { call in
                let made = try await jobs.create(call.body, for: call.access)
                return .created(jobs.saved(made, for: call.access), at: "/api/jobs/\(made.id)").with(.eTag, made.tag)
            },
            Operation(
                .get, "/api/jobs/{job}", id: "getJob", summary: "One job, by its id, or as key: and its key (its slashes as %2F)",
                permission: .seeJobs, body: .none, answers: [.ok(job)], find: find
            ) { job, _ in .ok(jobs.json(job)).with(.eTag, job.tag) },
            Operation(
                .patch, "/api/jobs/{job}", id: "changeJob", summary: "Change members of a job (RFC 7396); its schedule as a whole",
                permission: .changeJobs, body: .required(.map(of: .anything).named("JobChange")), answers: [.ok(savedJob)], find: find
            ) { job, call in
                let version = try job.version(ifMatch: call.header(.ifMatch))
                let changed = try await jobs.change(.id(job.id), call.body, ifVersion: version, for: call.access)
                return .ok(jobs.saved(changed, for: call.access)).with(.eTag, changed.tag)
            },
            Operation(
                .delete, "/api/jobs/{job}", id: "deleteJob", summary: "Delete a job", permission: .changeJobs, body: .none,
                answers: [.noContent],
                find: find
            ) { job, call in
                try await jobs.delete(.id(job.id), for: call.access)
                return .noContent
            },
            Operation(
                .post, "/api/jobs/{job}/pause", id: "pauseJob", summary: "Pause a job, until it is resumed or until a time",
                permission: .changeJobs,
                body: .optional(
                    .object([
                        Field(
                            "until", .string(20...40, format: .instant), help: "When the pause ends by itself. Default: when it is resumed."
                        )
                    ]).named("Pause")),
                answers: [.ok(savedJob)], find: find
            ) { job, call in
                let version = try job.version(ifMatch: call.header(.ifMatch))
                let end = call.body["until"]?.string.flatMap { Timestamp(rfc3339: $0) }
                let paused = try await jobs.pause(.id(job.id), until: end, ifVersion: version, for: call.access)
                return .ok(jobs.saved(paused, for: call.access)).with(.eTag, paused.tag)
            },
            Operation(
                .post, "/api/jobs/{job}/resume", id: "resumeJob", summary: "End a job's pause", permission: .changeJobs,
                body: .optional(
                    .object([
                        Field(
                            "missed", .choice(Jobs.Answer.allCases.map(\.rawValue)),
                            help: "Which of the runs that the pause has passed over are made up. Default: the job's own `missed`.")
                    ]).named("Resume")),
                answers: [.ok(savedJob)], find: find
            ) { job, call in
                let version = try job.version(ifMatch: call.header(.ifMatch))
                let answer = call.body["missed"]?.string.flatMap(Jobs.Answer.init)
                let resumed = try await jobs.resume(.id(job.id), makingUp: answer, ifVersion: version, for: call.access)
                return .ok(jobs.saved(resumed, for: call.access)).with(.eTag, resumed.tag)
            },
            Operation(
                .post, "/api/jobs/{job}/trigger", id: "triggerJob", summary: "Run a job now", permission: .changeJobs,
                body: .optional(
                    .object([
                        Field("body", Executions.overridingBody, help: "The body of this run, instead of the job's: a text, or JSON."),
                        Field("reason", .string(1...500), help: "Why, for the record."),
                    ]).named("Trigger")),
                answers: [.accepted(Execution.shape)], find: find
            ) { job, call in
                .accepted(try await executions.trigger(job, override: call.body, by: .api, for: call.access).json)
            },
            Operation(
                .get, "/api/jobs/{job}/executions", id: "listExecutionsOfJob", summary: "A job's executions, newest first",
                permission: .seeJobs,
                query: Paging.fields + Executions.Filter.fieldsOfJob, body: .none, answers: [.ok(.page(of: Execution.shape))], find: find
            ) { job, call in
                let paging = Paging(call.query)
                let position = try paging.position(Executions.Position.init)
                let page = try await executions.page(
                    of: job.id, Executions.Filter(call.query), after: position, limit: paging.limit + 1, for: call.access)
                return paging.answer(page, at: "/api/jobs/\(job.id)/executions", json: \.json, cursor: { Executions.Position($0).cursor })
            },
        ]
    }
}

extension Job {
    /// Names this version in `ETag` and `If-Match`.
    fileprivate var tag: String { "\"\(version)\"" }

    /// The version that a change insists on; nil where it does not. Throws where it cannot be this job's any more.
    fileprivate func version(ifMatch: String?) throws(Refusal) -> Int64? {
        guard let ifMatch, ifMatch != "*" else { return nil }
        guard ifMatch.split(separator: ",").contains(where: { $0.trimmingSpaces == tag }) else { throw .changedSince }
        return version
    }
}

extension Refusal: Answerable {
    public var problem: Problem {
        switch self {
        case .notFound: return .notFound
        case .limitReached(let pointer, let sentence):
            let errors = pointer.map { [FieldError(pointer: $0, code: "limit_reached", detail: sentence)] } ?? []
            return Problem(.paymentRequired, "limit_reached", sentence, errors: errors)
        case .conflict(let code, let sentence): return Problem(.conflict, code, sentence)
        case .changedSince:
            return Problem(.preconditionFailed, "changed_since", "The job was changed since that version. Read it again, then change it.")
        }
    }
}
