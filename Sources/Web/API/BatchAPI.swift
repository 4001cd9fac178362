import JSON
import Scheduling
import Tenancy

extension API {
    private static let mostJobs = 1_000
    /// Of many jobs, in bytes.
    static let largestDocument = 16 * 1_048_576

    /// `/api/jobs/batch`
    public static func batch(_ jobs: Jobs) -> [Operation] {
        let body = Shape.object([
            Field(
                "jobs", .list(of: .anything, 1...mostJobs), required: true,
                help: "Each as for `POST /api/jobs`. What is wrong with one is answered in its place, and does not keep the others.")
        ])
        let error = Shape.object([
            Field("code", .string()), Field("detail", .string(0...10_000)),
            Field(
                "errors",
                .list(
                    of: .object([
                        Field("pointer", .string(multiline: true)), Field("code", .string()), Field("detail", .string(0...10_000)),
                    ]))),
        ])
        let result = Shape.object([
            Field("status", .integer(100...599), help: "As if it had been sent alone: 201, 402, 422."),
            Field("job", JobShape.saved(jobs.plugins), nullable: true), Field("error", error, nullable: true),
        ])
        return [
            Operation(
                .post, "/api/jobs/batch", id: "createJobs", summary: "Make many jobs at once; each is answered for in its place",
                permission: .changeJobs,
                body: .required(body.named("NewJobs"), largest: largestDocument).example([
                    "jobs": [["config": ["url": "https://example.com/tick"], "schedule": ["every": "5m"]]]
                ]),
                answers: [.ok(.object([Field("results", .list(of: result, 1...mostJobs))]))]
            ) { call in
                let made = try await jobs.create(call.body["jobs"]?.array ?? [], for: call.access)
                return .ok(["results": .array(made.map { json(of: $0, jobs, call.access) })])
            }
        ]
    }

    private static func json(of result: Result<Job, any Error>, _ jobs: Jobs, _ access: Access) -> JSON {
        switch result {
        case .success(let job): return ["status": 201, "job": jobs.saved(job, for: access), "error": .null]
        case .failure(let error):
            let problem = (error as? any Answerable)?.problem ?? .internalError
            return [
                "status": .integer(Int64(problem.status.code)), "job": .null,
                "error": ["code": .string(problem.code), "detail": .string(problem.detail), "errors": .array(problem.errors.map(\.json))],
            ]
        }
    }
}
