import JSON
import Scheduling
import Tenancy

extension API {
    /// `/api/executions`
    public static func executions(_ executions: Executions) -> [Operation] {
        [
            Operation(
                .get, "/api/executions/{execution}", id: "getExecution", summary: "One execution with its attempts", permission: .seeJobs,
                body: .none, answers: [.ok(Execution.shapeWithAttempts)],
                find: { path, access in
                    try await executions.find(path["execution"], for: access)
                }
            ) { found, _ in .ok(found.execution.json(with: found.attempts)) }
        ]
    }
}
