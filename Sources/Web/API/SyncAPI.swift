import JSON
import Scheduling
import Tenancy

extension API {
    /// `/api/sync`
    public static func sync(_ jobs: Jobs) -> [Operation] {
        let document = SyncShape.document(jobs.plugins)
        let answer = { @Sendable (call: Call, isPlan: Bool) async throws -> Answer in
            var access = call.access
            access.origin = Origin(.sync, from: access.origin.address)
            return .ok(try await jobs.sync(call.body, isPlan: isPlan, for: access).json)
        }
        return [
            Operation(
                .put, "/api/sync", id: "sync", summary: "Make the jobs that have a key equal to a document, all or nothing",
                permission: .changeJobs, body: .required(document, largest: largestDocument), answers: [.ok(SyncReport.shape)],
                refusals: [.paymentRequired, .conflict]
            ) { call in try await answer(call, false) },
            Operation(
                .post, "/api/sync/plan", id: "planSync", summary: "What sync would do", permission: .changeJobs,
                body: .required(document, largest: largestDocument), answers: [.ok(SyncReport.shape)],
                refusals: [.paymentRequired, .conflict]
            ) { call in try await answer(call, true) },
        ]
    }
}
