import JSON
import Postgres
import Tenancy
import Time

extension Executions {
    /// Runs one that has ended again: its job as it is now, with the body that it was run with, if it had its own. `changes` may hold
    /// another `body`, and a `reason`. As when it is triggered, overlap and limits hold. Throws `Refusal`.
    public func retry(_ execution: Execution, with changes: JSONObject = [:], for access: Access) async throws -> Execution {
        guard execution.status.isFinal else { throw Refusal.notEnded }
        let now = engine.clock.now()
        let id = ID<Execution>(at: now)
        let condition = Self.condition(execution.id, for: access)
        var override: JSON? = try await database.query("\(Self.override(condition)) LIMIT 1").first.flatMap { try $0("override") }
        if !changes.isEmpty {
            var members = override?.object ?? [:]
            members["reason"] = nil
            for (name, value) in changes { members[name] = value }
            override = members.isEmpty ? nil : .object(members)
        }
        var after: JSONObject = ["execution": .string(id.text), "job": .string(execution.jobID.text)]
        after["reason"] = changes["reason"]
        let audit = access.entry(at: now, "execution.retried", on: execution.id.text, after: .object(after))
        let run = Run(
            id: id, job: execution.jobID, key: execution.jobKey, override: override, trigger: .replay, repeatOf: execution.id)
        guard let started = try await start(run, at: now, audit, for: access) else { throw Refusal.jobDeleted }
        return started
    }
}
