import JSON
import Postgres
import Tenancy
import Time

/// What is to be told beside incidents, once for each cause: usage, billing.
struct Notice: Sendable, Identified {
    static let prefix = "ntc"

    let id: ID<Notice>
    /// `usage_80`, `usage_100`, `payment_failed`, `plan_changed`.
    let kind: String
    let facts: JSON
    let createdAt: Timestamp
}

extension Notifier {
    func notices(of organization: ID<Organization>, in transaction: Transaction) async throws -> [Notice] {
        try await transaction.query(
            """
            SELECT id, kind, facts, created_at FROM notices WHERE organization_id = \(organization) AND told_at IS NULL
            ORDER BY created_at LIMIT 20
            """
        ).map { Notice(id: try $0("id"), kind: try $0("kind"), facts: try $0("facts"), createdAt: try $0("created_at")) }
    }
}

extension AlertMessage {
    init(_ notice: Notice, in context: AlertContext) {
        let (tone, title, text) = Self.words(of: notice)
        var facts: [Fact] = []
        for (name, label) in [
            ("used", "Executions used"), ("limit", "Of the plan’s"), ("month", "Month"), ("plan", "Plan"), ("before", "Plan before"),
            ("amount", "Amount"), ("until", "Until"),
        ] {
            if let value = notice.facts[name], !value.isNull { facts.append(Fact(label, Self.text(value))) }
        }
        facts.append(Fact("Organization", context.name))
        self.init(
            event: "notice.\(notice.kind)", tone: tone, title: title, paragraphs: text.isEmpty ? [] : [text], facts: facts,
            action: "See usage and plan", url: context.links.usage(context.slug), happenedAt: notice.createdAt,
            data: [
                "organization_id": .string(context.organization.text),
                "notice": [
                    "id": .string(notice.id.text), "kind": .string(notice.kind), "facts": notice.facts,
                    "created_at": .string(notice.createdAt.rfc3339),
                ],
            ])
    }

    private static func words(of notice: Notice) -> (Tone, title: String, text: String) {
        switch notice.kind {
        case "usage_80":
            (.warning, "80 % of this month’s executions are used", "When all are used, jobs are skipped until the month ends.")
        case "usage_100":
            (
                .bad, "This month’s executions are used up",
                "Jobs are skipped, and shown as skipped, until the month ends or the plan is raised."
            )
        case "payment_failed": (.bad, "A payment has failed", "It is tried again. Check how you pay, so that your plan stays.")
        case "plan_changed": (.neutral, "The plan was changed", "")
        default: (.neutral, notice.facts["title"]?.string ?? "A notice", notice.facts["text"]?.string ?? "")
        }
    }

    private static func text(_ value: JSON) -> String {
        value.string ?? value.int.map(String.init) ?? "\(String(decoding: value.bytes(), as: UTF8.self))"
    }
}
