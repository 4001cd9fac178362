import JSON
import Postgres

/// What sync has done, or would do.
public struct SyncReport: Sendable {
    /// What becomes of a job; jobs that stay as they are are only counted.
    enum Action: String, Sendable, CaseIterable {
        case create, restore, adopt, update, delete
    }

    struct Change: Sendable {
        let action: Action
        let key: String
        let name: String
        /// Nil: it would be made.
        let id: ID<Job>?
        /// What differs, by JSON pointer; empty where the whole job comes or goes.
        var fields: [(field: String, before: JSON, after: JSON)] = []
    }

    /// In the order of the document, and then those that go.
    var changes: [Change] = []
    var unchanged = 0
    /// So many deletions that must be confirmed; nil: none need be.
    var toConfirm: Int?
    public internal(set) var isApplied = false

    var deleted: Int { changes.filter { $0.action == .delete }.count }

    public var json: JSON {
        var counts: [Action: Int64] = [:]
        for change in changes { counts[change.action, default: 0] += 1 }
        let names: [(String, Action)] = [
            ("created", .create), ("restored", .restore), ("adopted", .adopt), ("updated", .update), ("deleted", .delete),
        ]
        var summary = JSONObject(names.map { ($0.0, .integer(counts[$0.1] ?? 0)) })
        summary["unchanged"] = .integer(Int64(unchanged))
        return [
            "applied": .bool(isApplied), "summary": .object(summary), "changes": .array(changes.map(\.json)),
            "confirm_delete": toConfirm.map { .integer(Int64($0)) } ?? .null,
        ]
    }

    public static let shape = Shape.object([
        Field("applied", .boolean, help: "False: nothing was done, this is a plan."),
        Field(
            "summary",
            .object(["created", "restored", "adopted", "updated", "deleted", "unchanged"].map { Field($0, .integer(0...(.max))) })),
        Field(
            "changes", .list(of: Change.shape, 0...20_000), help: "In the order of the document, deletions last; what stays is not named."),
        Field("confirm_delete", .integer(0...(.max)), nullable: true, help: "So many deletions must be confirmed; null: none need be."),
    ]).named("SyncReport")
}

extension SyncReport.Change {
    fileprivate var json: JSON {
        [
            "action": .string(action.rawValue), "key": .string(key), "name": .string(name), "id": id.map { .string($0.text) } ?? .null,
            "fields": .array(fields.map { ["field": .string($0.field), "before": $0.before, "after": $0.after] }),
        ]
    }

    fileprivate static let shape = Shape.object([
        Field("action", .choice(SyncReport.Action.allCases.map(\.rawValue))), Field("key", .string()), Field("name", .string()),
        Field("id", .string(), nullable: true, help: "Null: it would be made."),
        Field(
            "fields",
            .list(
                of: .object([
                    Field("field", .string(multiline: true), help: "A JSON pointer into the job."),
                    Field("before", .anything, nullable: true), Field("after", .anything, nullable: true),
                ]), 0...1_000)),
    ])
}

extension Jobs {
    /// What differs between two definitions as they are shown, down to single members; lists as a whole.
    static func fields(from old: JSONObject, to new: JSONObject, at pointer: String = "") -> [(field: String, before: JSON, after: JSON)] {
        (old.keys + new.keys.filter { old[$0] == nil }).filter { old[$0] != new[$0] }.flatMap { name in
            let place = pointer + ConfigPath(name).pointer
            guard let before = old[name]?.object, let after = new[name]?.object else {
                return [(place, old[name] ?? .null, new[name] ?? .null)]
            }
            return fields(from: before, to: after, at: place)
        }
    }
}
