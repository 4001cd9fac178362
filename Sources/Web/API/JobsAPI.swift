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
                query: Paging.fields + Jobs.Filter.fields, body: .none, answers: [.ok(.page(of: job))]
            ) { call in
                let (paging, order) = (Paging(call.query), Jobs.Order(call.query))
                let position = try paging.position { Jobs.Position($0, in: order) }
                let page = try await jobs.list(
                    Jobs.Filter(call.query), in: order, after: position, limit: paging.limit + 1, for: call.access)
                return paging.answer(page, at: "/api/jobs", json: { jobs.json($0.job) }, cursor: { $0.position.cursor })
            },
            Operation(
                .post, "/api/jobs", id: "createJob", summary: "Make a job", permission: .changeJobs,
                body: .required(JobShape.draft(jobs.plugins).named("NewJob")), answers: [.created(savedJob).tagged],
                refusals: [.paymentRequired]
            ) { call in
                let made = try await jobs.create(call.body, isChecked: true, for: call.access)
                let saved = jobs.saved(made, for: call.access)
                return .created(saved, at: "/api/jobs/\(made.id)").with(.eTag, jobs.tag(of: made, shownAs: saved))
            },
            Operation(
                .get, "/api/jobs/{job}", id: "getJob", summary: "One job, by its id, or as key: and its key (its slashes as %2F)",
                permission: .seeJobs, body: .none, answers: [.ok(job).tagged, .notModified], find: find
            ) { job, call in
                let json = jobs.json(job)
                let tag = jobs.tag(of: job, shownAs: json)
                let isKnown = try call.tags(.ifNoneMatch)?.contain(tag, weakly: true) ?? false
                return (isKnown ? Answer.notModified : .ok(json)).with(.eTag, tag)
            },
            Operation(
                .patch, "/api/jobs/{job}", id: "changeJob", summary: "Change members of a job (RFC 7396); its schedule as a whole",
                permission: .changeJobs,
                body: .required(JobShape.change(jobs.plugins).named("JobChange")).example([
                    "name": "Nightly export", "retries": ["limit": 3],
                ]),
                answers: [.ok(savedJob).tagged], refusals: [.paymentRequired], takesIfMatch: true, find: find
            ) { job, call in
                let version = try job.version(call.tags(.ifMatch))
                let changed = try await jobs.change(.id(job.id), call.body, ifVersion: version, for: call.access)
                let saved = jobs.saved(changed, for: call.access)
                return .ok(saved).with(.eTag, jobs.tag(of: changed, shownAs: saved))
            },
            Operation(
                .delete, "/api/jobs/{job}", id: "deleteJob", summary: "Delete a job; for 7 days it can be restored",
                permission: .changeJobs,
                body: .none,
                answers: [.noContent],
                takesIfMatch: true, find: find
            ) { job, call in
                let version = try job.version(call.tags(.ifMatch))
                try await jobs.delete(.id(job.id), ifVersion: version, for: call.access)
                return .noContent
            },
            Operation(
                .post, "/api/jobs/{job}/pause", id: "pauseJob", summary: "Pause a job, until it is resumed or until a time",
                permission: .changeJobs,
                body: .optional(
                    .object([
                        Field(
                            "until", .string(20...40, format: .instant),
                            help: "When the pause ends by itself. Default: when it is resumed.", example: "2099-12-24T18:00:00Z"
                        )
                    ]).named("Pause")),
                answers: [.ok(savedJob).tagged], refusals: [.paymentRequired], takesIfMatch: true, find: find
            ) { job, call in
                let version = try job.version(call.tags(.ifMatch))
                let end = call.body["until"]?.string.flatMap { Timestamp(rfc3339: $0) }
                let paused = try await jobs.pause(.id(job.id), until: end, ifVersion: version, for: call.access)
                let saved = jobs.saved(paused, for: call.access)
                return .ok(saved).with(.eTag, jobs.tag(of: paused, shownAs: saved))
            },
            Operation(
                .post, "/api/jobs/{job}/resume", id: "resumeJob", summary: "End a job's pause", permission: .changeJobs,
                body: .optional(
                    .object([
                        Field(
                            "missed", .choice(Jobs.Answer.allCases.map(\.rawValue)),
                            help: "Which of the runs that the pause has passed over are made up. Default: the job's own `missed`.")
                    ]).named("Resume")),
                answers: [.ok(savedJob).tagged], refusals: [.paymentRequired], takesIfMatch: true, find: find
            ) { job, call in
                let version = try job.version(call.tags(.ifMatch))
                let answer = call.body["missed"]?.string.flatMap(Jobs.Answer.init)
                let resumed = try await jobs.resume(.id(job.id), makingUp: answer, ifVersion: version, for: call.access)
                let saved = jobs.saved(resumed, for: call.access)
                return .ok(saved).with(.eTag, jobs.tag(of: resumed, shownAs: saved))
            },
            Operation(
                .post, "/api/jobs/{job}/trigger", id: "triggerJob", summary: "Run a job now", permission: .changeJobs,
                body: .optional(
                    .object([
                        Field("body", Executions.overridingBody, help: "The body of this run, instead of the job's: a text, or JSON."),
                        Field("reason", .string(1...500), help: "Why, for the record.", example: "Asked for by the customer"),
                    ]).named("Trigger")),
                answers: [.accepted(Execution.shape)], refusals: [.paymentRequired], find: find
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
    /// The version that a change insists on; nil where it does not. Throws where it cannot be this job's any more.
    fileprivate func version(_ match: EntityTags?) throws(Refusal) -> Int64? {
        guard case .some(let tags)? = match else { return nil }
        // Of a tag only the version counts: what a run has changed since is in nobody's way.
        guard tags.contains(where: { $0 == "\"\(version)\"" || $0.hasPrefix("\"\(version)-") }) else { throw .changedSince }
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
        case .deletionNotConfirmed(let count):
            let words = "This would delete \(count) jobs. Look at the plan; if that is meant, send confirm_delete: \(count)."
            return Problem(.conflict, "delete_not_confirmed", words)
        case .notManaged(let pointers):
            let words = "Jobs that sync does not manage have these keys. Choose other keys, or take the jobs over with adopt: true."
            let errors = pointers.prefix(InvalidInput.mostErrors).map { FieldError(pointer: $0, code: "not_managed", detail: words) }
            return Problem(.conflict, "not_managed", words, errors: errors)
        }
    }
}
