import JSON
import Postgres
import Tenancy
import Time

extension Executions {
    /// Runs one that has ended again: its job as it is now, with the body that it was run with, if it had its own. As when it is
    /// triggered, overlap and limits hold. Throws `Refusal`.
    public func retry(_ execution: Execution, for access: Access) async throws -> Execution {
        guard execution.status.isFinal else { throw Refusal.notEnded }
        let now = engine.clock.now()
        let id = ID<Execution>(at: now)
        let condition = Self.condition(execution.id, for: access)
        let override: JSON? = try await database.query(
            "SELECT override FROM executions x WHERE \(condition) UNION ALL SELECT override FROM kept_executions x WHERE \(condition) LIMIT 1"
        ).first.flatMap { try $0("override") }
        let audit = access.entry(
            at: now, "execution.retried", on: execution.id.text,
            after: ["execution": .string(id.text), "job": .string(execution.jobID.text)])
        let run = Run(
            id: id, job: execution.jobID, key: execution.jobKey, override: override, trigger: .replay, repeatOf: execution.id)
        guard let started = try await start(run, at: now, audit, for: access) else { throw Refusal.jobDeleted }
        return started
    }
}
