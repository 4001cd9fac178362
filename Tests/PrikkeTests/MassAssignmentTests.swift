import JSON
import Mail
import Postgres
import Scheduling
import TestSupport
import Testing
import Time

@testable import Prikke
@testable import Tenancy

/// What nobody may set is set by no form and no body: every column's name, and words that would be worth something, beside what is
/// asked for. Each is refused (422), or there is nothing that reads it; nothing of it is stored.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct MassAssignmentTests {
    /// A body that is accepted; `optional` are the names that may be in it besides.
    private struct Body {
        let fields: JSONObject
        var optional: Set<String> = []
        var tables = ["organizations", "entitlements", "memberships", "users", "api_keys", "invites", "sessions"]
    }

    /// Of all routes that read one.
    private static func bodies() -> [String: Body] {
        let ofJobs = ["jobs", "job_states", "queue", "entitlements", "lanes"]
        let ofAlerts = ["channels", "incidents", "deliveries", "silences"]
        let shape: Set = [
            "key", "name", "plugin", "config", "schedule", "timeout_ms", "retries", "missed", "missed_limit", "start_deadline", "overlap",
            "success", "alerts", "enabled", "paused_until", "tags",
        ]
        let soon = Timestamp.now().adding(.seconds(3_600)).rfc3339
        let job: JSONObject = ["name": "Mine", "config": ["url": "https://example.com/"], "schedule": .null]
        return [
            "POST /users/register": Body(fields: ["email": "new@example.com", "organization": "New"]),
            "POST /users/log-in": Body(fields: ["email": "new@example.com"], optional: ["next"]),
            "POST /theme": Body(fields: ["theme": "dark"], optional: ["return_to"]),
            "POST /account/address": Body(fields: ["email": "other@example.com"]),
            "POST /organizations": Body(fields: ["name": "Another"]),
            "POST /{slug}/members/{member}/role": Body(fields: ["role": "member"]),
            "POST /{slug}/invites": Body(fields: ["email": "guest@example.com"], optional: ["role"]),
            "POST /{slug}/keys": Body(fields: ["name": "Mine", "scopes": ["read"]], optional: ["expires_in_days"]),
            "POST /{slug}/keys/{key}/rotate": Body(fields: ["overlap_hours": "1"]),
            "POST /{slug}/settings": Body(fields: ["name": "Acme 2"], optional: ["timezone"]),
            "POST /{slug}/settings/slug": Body(fields: ["slug": "acme"]),
            "POST /{slug}/settings/signing-secret": Body(fields: ["overlap_hours": "1"]),
            "POST /{slug}/settings/delete": Body(fields: ["confirmation": "Acme"]),
            "POST /{slug}/jobs/bulk": Body(fields: ["act": "run"], optional: ["job", "confirmed", "return_to"], tables: ["jobs"]),
            "POST /{slug}/jobs/{job}/run": Body(fields: [:], optional: ["body", "reason"], tables: ["jobs"]),
            "POST /{slug}/jobs/{job}/pause": Body(fields: [:], optional: ["until"], tables: ["jobs"]),
            "POST /{slug}/jobs/{job}/resume": Body(fields: [:], optional: ["missed"], tables: ["jobs"]),
            "POST /{slug}/jobs/new": Body(fields: ["config_url": "https://example.com/"], optional: shape, tables: ["jobs"]),
            "POST /{slug}/jobs/{job}/edit": Body(fields: ["name": "Mine"], optional: shape, tables: ["jobs"]),
            "POST /{slug}/jobs/preview": Body(fields: ["schedule_kind": "none"], optional: shape, tables: ["jobs"]),
            "POST /{slug}/executions/replay": Body(
                fields: [:], optional: ["status", "reason", "trigger", "job", "since", "until", "tag", "range", "rate", "superseded"],
                tables: ["jobs"]),
            "POST /{slug}/executions/{execution}/retry": Body(fields: [:], optional: ["body", "reason"], tables: ["jobs"]),
            "POST /{slug}/executions/{execution}/reschedule": Body(fields: ["at": .string(soon)], tables: ["jobs"]),
            "POST /{slug}/alerts/incidents/{incident}/mute": Body(fields: [:], optional: ["for", "back"], tables: ofAlerts),
            "POST /{slug}/alerts/incidents/{incident}/unmute": Body(fields: [:], optional: ["back"], tables: ofAlerts),
            "POST /{slug}/alerts/channels/new": Body(
                fields: ["target": "https://example.com/alerts", "kind": "webhook"], optional: ["name", "to", "members"], tables: ofAlerts),
            "POST /{slug}/alerts/channels/{channel}": Body(
                fields: ["name": "Mine"], optional: ["target", "kind", "to", "members"], tables: ofAlerts),
            "POST /{slug}/alerts/channels/{channel}/release": Body(fields: ["email": "a@example.com"], tables: ofAlerts),
            "POST /{slug}/alerts/channels/{channel}/switch": Body(fields: ["to": "on"], tables: ofAlerts),
            "POST /api/incidents/{incident}/mute": Body(fields: [:], optional: ["until"], tables: ofAlerts),
            "POST /api/channels": Body(
                fields: ["settings": ["to": "owners"]], optional: ["kind", "name", "enabled"], tables: ofAlerts),
            "PATCH /api/channels/{channel}": Body(fields: ["name": "Mine"], optional: ["kind", "settings", "enabled"], tables: ofAlerts),
            "POST /api/jobs": Body(fields: job, optional: shape, tables: ofJobs),
            "POST /api/jobs/batch": Body(fields: ["jobs": [.object(job)]], tables: ofJobs),
            "PUT /api/sync": Body(
                fields: ["jobs": []], optional: ["delete_removed", "dry_run", "confirm_delete", "adopt"], tables: ofJobs),
            "POST /api/sync/plan": Body(
                fields: ["jobs": []], optional: ["delete_removed", "dry_run", "confirm_delete", "adopt"], tables: ofJobs),
            "PATCH /api/jobs/{job}": Body(fields: ["name": "Mine"], optional: shape, tables: ofJobs),
            "POST /api/jobs/{job}/pause": Body(fields: [:], optional: ["until"], tables: ofJobs),
            "POST /api/jobs/{job}/resume": Body(fields: [:], optional: ["missed"], tables: ofJobs),
            "POST /api/jobs/{job}/trigger": Body(fields: [:], optional: ["body", "reason"], tables: ofJobs),
            "POST /api/jobs/{job}/clone": Body(fields: [:], optional: ["key", "name", "enabled"], tables: ofJobs),
            "POST /api/jobs/{job}/restore": Body(fields: [:], tables: ofJobs),
            "POST /api/jobs/{job}/test": Body(fields: [:], tables: ofJobs),
            "POST /api/executions/{execution}/reschedule": Body(fields: ["at": .string(soon)], tables: ofJobs),
            "POST /api/executions/replay": Body(
                fields: ["dry_run": true],
                optional: ["status", "reason", "trigger", "job", "since", "until", "tag", "rate", "skip_superseded"], tables: ofJobs),
            "POST /api/preview": Body(fields: ["schedule": ["every": "1h"]], tables: ofJobs),
            "PATCH /api/organization": Body(fields: ["name": "Acme 2"], optional: ["slug", "timezone"]),
            "POST /api/signing-secrets": Body(fields: ["overlap_hours": 1]),
            "PATCH /api/members/{member}": Body(fields: ["role": "member"]),
            "POST /api/invites": Body(fields: ["email": "guest2@example.com"], optional: ["role"]),
            "POST /api/api-keys": Body(fields: ["name": "Mine", "scopes": ["read"]], optional: ["expires_in_days"]),
            "POST /api/api-keys/{key}/rotate": Body(fields: ["overlap_hours": 1]),
        ]
    }

    private static let words = ["is_superadmin", "is_admin", "admin", "owner", "permissions", "constructor", "user", "organization[role]"]

    @Test func aBodyWithAnythingBesidesIsRefusedAndNothingIsStored() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for (name, body) in Self.bodies().sorted(by: { $0.key < $1.key }) {
                try await cast.restore()
                let parts = name.split(separator: " ").map(String.init)
                let caller = cast[parts[1].hasPrefix("/api/") ? "whole key" : "Alice"]
                let path = try await cast.path(parts[1], for: caller)
                let names = try await Snapshot.columns(of: body.tables, in: house.database) + Self.words
                let before = try await Snapshot.take(of: house.database)
                for extra in names where body.fields[extra] == nil && !body.optional.contains(extra) {
                    var fields = body.fields
                    fields[extra] = Self.prize(extra, cast)
                    let answer = await house.send(Self.call(caller, parts[0], path, fields))
                    #expect(answer.status == 422, "\(name) with \(extra)")
                }
                #expect(try await Snapshot.take(of: house.database).changes(since: before) == [], "\(name)")
                let alone = await house.send(Self.call(caller, parts[0], path, body.fields))
                #expect((200..<400).contains(alone.status), "\(name) without more: \(alone.status) \(alone.text.prefix(300))")
            }
        }
    }

    /// Buttons read nothing of what comes with them, whatever it is.
    @Test func whatComesWithAButtonIsNotRead() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let read = Set(Self.bodies().keys).union([
                "POST /users/log-in/code", "POST /account/address-back/{token}", "POST /account/delete", "POST /demo/{behaviour}",
                "POST /{slug}/jobs/test", "POST /webhooks/leave/{token}", "POST /webhooks/mailjet",
            ])
            let buttons = house.routes.filter { !$0.path.hasPrefix("/api/") && $0.method == "POST" && !read.contains("POST \($0.path)") }
            #expect(buttons.count > 12)
            let all = try await Snapshot.tables(of: house.database)
            let names = try await Snapshot.columns(of: all, in: house.database) + Self.words
            for button in buttons {
                try await cast.restore()
                // Who is invited has the least role, and would like more.
                let caller = cast[button.path.hasPrefix("/invites") ? "Victor" : "Alice"]
                let path = try await cast.path(button.path, for: caller)
                let before = try await Self.privileges(house)
                let fields = names.map { ($0, Self.prize($0, cast).string ?? "true") }
                let answer = await house.send(caller.call("POST", path, fields))
                #expect(answer.status == 303, "\(button.path)")
                let after = try await Self.privileges(house)
                if button.path.hasSuffix("/transfer") {
                    #expect(after.count == before.count + 1, "one owner more; the one before is an admin")
                } else {
                    #expect(after.subtracting(before) == [], "\(button.path)")
                }
            }
        }
    }

    private static func call(_ caller: Caller, _ method: String, _ path: String, _ fields: JSONObject) -> Call {
        if caller.key != nil {
            return caller.call(method, path, json: String(decoding: JSON.object(fields).bytes(), as: UTF8.self))
        }
        return caller.call(
            method, path, fields.flatMap { field in (field.value.array ?? [field.value]).map { (field.key, $0.string ?? "true") } })
    }

    /// What whoever tries it would like to have there.
    private static func prize(_ name: String, _ cast: Cast) -> JSON {
        switch name {
        case "role": "owner"
        case "plan": "business"
        case "organization_id", "organization": .string(cast.globex.organization.id.text)
        case "user_id", "created_by", "invited_by": .string(cast.id(of: "Charlie").text)
        case "email": "mallory@example.com"
        case "confirmed_at", "created_at", "valid_until", "expires_at": "2099-01-01T00:00:00Z"
        default: "1"
        }
    }

    /// Who may do much, and what is granted: the lines that nobody may add to by a form.
    private static func privileges(_ house: House) async throws -> Set<String> {
        let rows = try await house.database.query(
            """
            SELECT concat_ws(' ', 'role', organization_id, user_id, role) AS line FROM memberships WHERE role IN ('owner', 'admin')
            UNION SELECT concat_ws(' ', 'grant', to_jsonb(e)) FROM entitlements e
            UNION SELECT concat_ws(' ', 'key', id, organization_id, scopes, expires_at, created_by) FROM api_keys
            UNION SELECT concat_ws(' ', 'invite', id, organization_id, role, invited_by) FROM invites
            """)
        return Set(try rows.map { try $0("line") })
    }
}
