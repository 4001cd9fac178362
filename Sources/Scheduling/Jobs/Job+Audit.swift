import JSON
import Postgres
import Tenancy
import Time

/// What the audit log says of changes to jobs. The config is shown as its plugin allows; no secret is ever in it.
extension Jobs {
    /// By which verb a job is changed.
    enum Verb {
        case change
        /// Of one that was deleted.
        case restore
        case pause(until: Timestamp?)
        case resume(makingUp: Answer)

        /// As those who follow events hear of it: what comes back is as new to them.
        var action: JobAction { if case .restore = self { .created } else { .changed } }
    }

    func entry(created job: ID<Job>, as d: JobDefinition, for access: Access, now: Timestamp) -> AuditEntry {
        let said = JSONObject(audited(d).filter { !$0.value.isNull }.map { ($0.key, $0.value) })
        return access.entry(at: now, "job.created", on: job.text, after: .object(said))
    }

    /// Members that differ, by name; of a config and of a schedule the members that differ within. `secrets`: what has another value
    /// now although both are shown alike.
    func entry(
        _ verb: Verb, of old: Job, to new: JobDefinition, secrets: [ConfigPath] = [], for access: Access, now: Timestamp
    ) -> AuditEntry {
        switch verb {
        case .pause(let end):
            return access.entry(at: now, "job.paused", on: old.id.text, after: ["until": end.map { .string($0.rfc3339) } ?? .null])
        case .resume(let answer):
            return access.entry(at: now, "job.resumed", on: old.id.text, after: ["missed": .string(answer.rawValue)])
        case .restore: return access.entry(at: now, "job.restored", on: old.id.text, after: ["key": new.key.map { .string($0) } ?? .null])
        case .change:
            var (before, after) = Self.differences(
                (JSON.object(old.definition.members), .object(audited(old.definition))), (.object(new.members), .object(audited(new))))
            for path in secrets.map({ ConfigPath(["config"] + $0.names) }) {
                if JSON.object(old.definition.members).value(at: path) != nil { before = before.setting(ConfigPath.mask, at: path) }
                if JSON.object(new.members).value(at: path) != nil { after = after.setting(ConfigPath.mask, at: path) }
            }
            return access.entry(at: now, "job.changed", on: old.id.text, before: before, after: after)
        }
    }

    func entry(deleted job: Job, for access: Access, now: Timestamp) -> AuditEntry {
        let gone: JSON = ["name": .string(job.definition.name), "key": job.definition.key.map { .string($0) } ?? .null]
        return access.entry(at: now, "job.deleted", on: job.id.text, before: gone)
    }

    private func audited(_ d: JobDefinition) -> JSONObject {
        var members = d.members
        // Of a kind that is not there any more nobody knows what is a secret.
        members["config"] = plugins[d.plugin]?.audited(d.config) ?? [:]
        return members
    }

    /// What differs between two values, each as it is and as it is shown.
    private static func differences(_ old: (is: JSON, shown: JSON), _ new: (is: JSON, shown: JSON)) -> (before: JSON, after: JSON) {
        guard let was = old.is.object, let becomes = new.is.object else { return (old.shown, new.shown) }
        var (before, after): (JSONObject, JSONObject) = ([:], [:])
        for name in was.keys + becomes.keys.filter({ was[$0] == nil }) where was[name] != becomes[name] {
            if let a = was[name], let b = becomes[name] {
                (before[name], after[name]) = differences((a, old.shown[name] ?? .null), (b, new.shown[name] ?? .null))
            } else {
                (before[name], after[name]) = (old.shown[name], new.shown[name])
            }
        }
        return (.object(before), .object(after))
    }
}
