import JSON
import Scheduling
import Tenancy

extension API {
    /// `/api/usage`
    public static func usage(_ jobs: Jobs) -> [Operation] {
        [
            Operation(
                .get, "/api/usage", id: "getUsage", summary: "What a month has used of the plan", permission: .seeOrganization,
                query: Jobs.usageFields, body: .none, answers: [.ok(Jobs.usageShape)]
            ) { call in .ok(try await jobs.usage(of: call.query["month"]?.string, for: call.access)) }
        ]
    }
}
