import JSON
import Scheduling
import Tenancy

extension API {
    /// `/api/jobs/{job}/clone`, `/api/jobs/{job}/restore`, `/api/jobs/{job}/test`, `/api/test`
    public static func moreOfJobs(_ jobs: Jobs, _ tests: TestCalls) -> [Operation] {
        let find: @Sendable (PathParameters, Access) async throws -> Job = { path, access in
            guard let name = Jobs.Name(path["job"]) else { throw Problem.notFound }
            return try await jobs.find(name, for: access)
        }
        // The longest call, and what is to be done around it.
        let time: Duration = .seconds(120)
        return [
            Operation(
                .post, "/api/jobs/{job}/clone", id: "cloneJob", summary: "Make a job like this one, its secrets included",
                permission: .changeJobs, body: .optional(Jobs.cloneShape), answers: [.created(JobShape.saved(jobs.plugins)).tagged],
                refusals: [.paymentRequired], find: find
            ) { job, call in
                let made = try await jobs.clone(job, call.body, for: call.access)
                let saved = jobs.saved(made, for: call.access)
                return .created(saved, at: "/api/jobs/\(made.id)").with(.eTag, jobs.tag(of: made, shownAs: saved))
            },
            Operation(
                .post, "/api/jobs/{job}/restore", id: "restoreJob", summary: "Take a job’s deletion back",
                description: """
                    For 7 days after its deletion; then the job is erased. It keeps its id and its history, and runs from now on: what it \
                    would have run meanwhile is not made up. By its key, the one deleted last is restored. Refused where the plan has no \
                    place for it, where another job has its key by now, and where the job is not deleted.
                    """,
                permission: .changeJobs, body: .nothing, answers: [.ok(JobShape.saved(jobs.plugins)).tagged],
                refusals: [.paymentRequired, .conflict],
                find: { path, access in
                    guard let name = Jobs.Name(path["job"]) else { throw Problem.notFound }
                    return try await jobs.restorable(name, for: access)
                }
            ) { job, call in
                let restored = try await jobs.restore(.id(job.id), for: call.access)
                let saved = jobs.saved(restored, for: call.access)
                return .ok(saved).with(.eTag, jobs.tag(of: restored, shownAs: saved))
            },
            Operation(
                .post, "/api/jobs/{job}/test", id: "testJob",
                summary: "Make one real call of a job, which is not counted, and see all of it",
                permission: .changeJobs, body: .nothing, answers: [.ok(TestCalls.shape)], refusals: [.paymentRequired],
                mayTake: time, find: find
            ) { job, call in .ok(try await tests.call(job, for: call.access).json) },
            Operation(
                .post, "/api/test", id: "testDraft", summary: "The same of a job that is not saved", permission: .changeJobs,
                body: .required(JobShape.draft(jobs.plugins).named("NewJob")), answers: [.ok(TestCalls.shape)],
                refusals: [.paymentRequired], mayTake: time
            ) { call in .ok(try await tests.call(draft: call.body, for: call.access).json) },
        ]
    }
}

extension Jobs.Filter {
    static let fields = [
        Field("health", .choice(["healthy", "late", "failing", "paused"])),
        Field("tag", .string(1...50), help: "One of the job's tags."),
        Field("plugin", .string(1...40), help: "The kind of job."),
        Field("enabled", .boolean),
        Field("search", .string(0...200), help: "Stands in the name, the key, the URL or a tag, in whatever case."),
        Field("deleted", .boolean, default: false, help: "True: those deleted in the last 7 days, which can be restored, instead."),
        Field(
            "sort", .choice(Jobs.Order.allCases.map(\.rawValue)), default: .string(Jobs.Order.newestFirst.rawValue),
            help: "What has no next run comes last either way."),
    ]

    /// Reads what `fields` let through.
    init(_ query: JSONObject) {
        self.init(
            health: query["health"]?.string, tag: query["tag"]?.string, plugin: query["plugin"]?.string, enabled: query["enabled"]?.bool,
            search: query["search"]?.string, deleted: query["deleted"]?.bool ?? false)
    }
}

extension Jobs.Order {
    init(_ query: JSONObject) { self = query["sort"]?.string.flatMap(Self.init) ?? .newestFirst }
}
