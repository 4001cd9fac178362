import JSON
import Postgres
import Tenancy
import Time

extension Jobs {
    /// The parameters of `usage`.
    public static let usageFields = [
        Field("month", .string(7...7, format: .month), help: "A UTC month; default: this one.", example: "2026-11")
    ]

    /// What `usage` answers.
    public static let usageShape = Shape.object([
        Field("month", .string(format: .month)), Field("plan", .string()),
        Field("executions_used", .integer(0...(.max)), help: "Counted in that month; retries and what was skipped are not."),
        Field("executions_waiting", .integer(0...(.max)), help: "In the queue, to be counted once they have run; 0 for another month."),
        Field("executions_limit", .integer(0...(.max)), nullable: true, help: "The plan's now; null: unlimited."),
        Field(
            "forecast",
            .object([
                Field("executions", .integer(0...(.max)), help: "At the month's end, by the rhythms of the jobs."),
                Field("limit_reached_at", .string(format: .instant), nullable: true, help: "Null: not in this month."),
            ]), nullable: true, help: "Null for another month than this one."),
        Field("jobs_used", .integer(0...(.max)), help: "Now."),
        Field("jobs_limit", .integer(0...(.max)), nullable: true, help: "The plan's; null: unlimited."),
    ]).named("Usage")

    /// What the organization has used of its plan in a month (`2026-11`; nil: this one, by UTC). `jobs`: so many it has, where they are
    /// counted already.
    public func usage(of month: String?, jobs: Int? = nil, for access: Access) async throws -> JSON {
        let (now, organization, plan) = (engine.clock.now(), access.organization.id, access.entitlements)
        let thisMonth = String(now.rfc3339.prefix(7))
        let month = month ?? thisMonth
        let row = try await database.query(
            """
            SELECT coalesce((SELECT executions FROM usage_counters
                    WHERE organization_id = \(organization) AND month = to_date(\(month), 'YYYY-MM')), 0) AS used,
                (SELECT count(*) FROM queue WHERE organization_id = \(organization) AND attempt - lost_leases = 1) AS waiting,
                \(Rhythm.columns(of: organization, jobs: jobs))
            """
        ).first
        let used: Int64 = try row?("used") ?? 0
        let waiting: Int64 = month == thisMonth ? try row?("waiting") ?? 0 : 0
        let rhythm = try Rhythm(organization, row)
        func number(_ value: Int?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }
        return [
            "month": .string(month), "plan": .string(plan.plan), "executions_used": .integer(used), "executions_waiting": .integer(waiting),
            "executions_limit": number(plan.executionsPerMonth),
            "forecast": month == thisMonth ? try await forecast(rhythm, used: used + waiting, at: now, for: access) : .null,
            "jobs_used": .integer(rhythm.jobs), "jobs_limit": number(plan.jobs),
        ]
    }

    /// What an organization's jobs were when their rhythms were added up: who changes one of them, adds or takes one sees it at once.
    struct Rhythm: Hashable {
        let organization: ID<Organization>
        let jobs: Int64
        let changedAt: Timestamp?

        /// SQL: what `init` reads. `jobs`: as many as are known to be there.
        static func columns(of organization: ID<Organization>, jobs: Int? = nil) -> Query {
            let mine: Query = "jobs WHERE organization_id = \(organization) AND deleted_at IS NULL"
            let count: Query = jobs.map { "\(Int64($0))::bigint" } ?? "(SELECT count(*) FROM \(mine))"
            return "\(count) AS jobs, (SELECT max(updated_at) FROM \(mine)) AS changed_at"
        }

        init(_ organization: ID<Organization>, _ row: Row?) throws {
            self.organization = organization
            jobs = try row?("jobs") ?? 0
            changedAt = try row?("changed_at", as: Timestamp?.self)
        }
    }

    private func forecast(_ rhythm: Rhythm, used: Int64, at now: Timestamp, for access: Access) async throws -> JSON {
        let perYear = try await executionsPerYear(rhythm, for: access)
        let perSecond = perYear / (365.2425 * 86_400)
        let rest = now.duration(to: now.nextMonth) / .seconds(1)
        let reached = access.entitlements.executionsPerMonth.flatMap {
            Forecast.reached(Int64($0) - used, perSecond: perSecond, from: now)
        }
        return [
            "executions": .integer(used + Int64((perSecond * rest).rounded())),
            "limit_reached_at": reached.map { .string($0.rfc3339) } ?? .null,
        ]
    }
}

extension TextFormat {
    /// `2026-11`.
    static let month = TextFormat(pattern: "^[1-9][0-9]{3}-(0[1-9]|1[0-2])$", hint: "Write it as year and month, as in 2026-11.") { text in
        text.wholeMatch(of: /[1-9][0-9]{3}-(0[1-9]|1[0-2])/) != nil
    }
}
