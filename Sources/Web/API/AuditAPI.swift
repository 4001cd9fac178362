import JSON
import Tenancy
import Time

extension API {
    /// `/api/audit-log`
    public static func auditLog(_ log: AuditLog) -> [Operation] {
        [
            Operation(
                .get, "/api/audit-log", id: "listAuditLog", summary: "Who did what, newest first", permission: .seeAuditLog,
                query: Paging.fields + AuditLog.Filter.fields, body: .none, answers: [.ok(.page(of: AuditEntry.shape))]
            ) { call in
                let paging = Paging(call.query)
                let position = try paging.position(AuditLog.Position.init)
                let entries = try await log.page(
                    AuditLog.Filter(call.query), after: position, limit: paging.limit + 1, for: call.access)
                return paging.answer(entries, at: "/api/audit-log", json: \.json, cursor: { AuditLog.Position($0).cursor })
            }
        ]
    }
}

extension AuditLog.Filter {
    static let fields = [
        Field("action", .string(1...60), help: "Such as member.removed, or its first word alone."),
        Field("actor", .string(1...40), help: "A user’s or key’s id, or system, operator."),
        Field("subject", .string(1...60), help: "The id of what it was done on."),
        Field("since", .string(20...40, format: .instant), help: "Not before."),
        Field("until", .string(20...40, format: .instant), help: "Before."),
    ]

    /// Reads what `fields` let through.
    init(_ query: JSONObject) {
        self.init(
            action: query["action"]?.string, actor: query["actor"]?.string, subject: query["subject"]?.string,
            since: query["since"]?.string.flatMap { Timestamp(rfc3339: $0) },
            until: query["until"]?.string.flatMap { Timestamp(rfc3339: $0) })
    }
}
