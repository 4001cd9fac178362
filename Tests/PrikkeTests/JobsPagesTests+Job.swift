import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Prikke
@testable import Scheduling
@testable import Tenancy

/// One job's page.
extension JobsPagesTests {
    @Test func aJobsPageShowsAllOfItAndNoSecret() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let config: JSON = [
                "url": "https://example.com/report?token=abc", "method": "POST", "body": "{}",
                "headers": ["Authorization": "Bearer s3cret", "X-Team": "ops"],
            ]
            let job = try await cast.job([
                "config": config, "schedule": ["cron": "30 2 * * *", "timezone": "Europe/Oslo"], "tags": ["a", "b"],
                "key": "reports/nightly",
                "retries": ["limit": 3, "backoff": "fixed", "initial": "10s"], "overlap": "skip", "success": ["body_contains": "done"],
            ])
            let page = await Self.get(cast, "/acme/jobs/\(job.id)")
            for part in [
                "<title>Report · Jobs · Acme</title>", "POST https://example.com/report?token=abc", "X-Team: ops\nAuthorization: ***",
                "30 2 * * *", "Europe/Oslo", "Up to 3, 10s apart", "A run that is due while another runs is skipped",
                "the body contains “done”", "reports/nightly", "curl -X POST https://prikke.test/api/jobs/\(job.id)/trigger",
                "topic=\"\(job.id) executions alerts\"", "src=\"/acme/jobs/\(job.id)?fragment=joblive\"", "None yet.", "+0",
            ] { #expect(page.contains(part), "\(part)") }
            #expect(!page.contains("s3cret"))
            #expect(page.matches(of: /<li>[A-Z][a-z]{2} \d/).count == 10)
            #expect(page.utf8.count < 30 * 1_024)

            let broken = try await Self.failing(cast)
            let red = await Self.get(cast, "/acme/jobs/\(broken.id)")
            #expect(red.contains("<title>▲ Broken · Jobs · Acme</title>") && red.contains("HTTP 504 after 30.0\u{A0}s"))
            #expect(red.contains("/acme/executions?job=\(broken.id)") && red.contains("favicon-alarm.svg"))
        }
    }

    @Test func aJobIsRunPausedAndResumedFromItsPage() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let job = try await cast.job()
            let path = "/acme/jobs/\(job.id)"
            let started = await Self.post(cast, path + "/run", [("body", "a\r\nb"), ("reason", "Asked for")])
            #expect(started.location == path && Self.flash(started).hasPrefix("Started."))
            let override: JSON? = try await house.database.query("SELECT override FROM queue WHERE job_id = \(job.id)").only("override")
            #expect(override == ["body": "a\nb", "reason": "Asked for"])

            for wrong in ["tomorrow", "2020-01-01 00:00", "2026-02-30 00:00", "9999-12-31 23:59x"] {
                let answer = await Self.post(cast, path + "/pause", [("until", wrong)])
                #expect(answer.status == 422 && answer.text.contains("value=\"\(wrong)\""), "\(wrong)")
                #expect(answer.text.contains("<details id=\"pausing\" open>"))
            }
            #expect(
                Self.flash(await Self.post(cast, path + "/pause", [("until", "2099-12-24 18:00")])).hasSuffix(
                    "until 2099-12-24 18:00:00 UTC."))
            #expect(await Self.get(cast, path).contains("until 2099-12-24 18:00 UTC"))
            #expect(Self.flash(await Self.post(cast, path + "/pause")) == "Report is paused until somebody resumes it.")
            #expect(Self.flash(await Self.post(cast, path + "/resume")).hasPrefix("Report is resumed. Next run in"))

            _ = await Self.post(cast, path + "/pause")
            try await house.database.query(
                """
                UPDATE job_states SET stretch_reason = 'paused', stretch_from = now() - interval '3 hours', row_from = now(), row_count = 0
                WHERE job_id = \(job.id)
                """)
            let asking = await Self.get(cast, path)
            #expect(asking.contains("The pause has passed over") && asking.contains("Make up all, at most 10"))
            #expect(await Self.post(cast, path + "/resume", [("missed", "some")]).status == 422)
            #expect(await Self.post(cast, path + "/resume", [("missed", "skip")]).status == 303)
        }
    }

    @Test func aJobIsClonedToRestAndDeletedAfterAQuestion() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let job = try await cast.job()
            let cloned = await Self.post(cast, "/acme/jobs/\(job.id)/clone")
            let copy = try #require(ID<Job>(String(cloned.location.dropFirst("/acme/jobs/".count))))
            let made = try await house.services.jobs.find(.id(copy), for: cast.access)
            #expect(made.definition.name == "Report (copy)" && !made.definition.enabled)

            let question = await Self.get(cast, "/acme/jobs/\(job.id)/delete")
            #expect(question.contains("<h1>Delete Report</h1>") && question.contains("For seven days you can restore it."))
            let deleted = await Self.post(cast, "/acme/jobs/\(job.id)/delete")
            #expect(deleted.location == "/acme/jobs" && Self.flash(deleted).hasPrefix("Report is deleted."))
            #expect(await house.send(cast["Bob"].call("GET", "/acme/jobs/\(job.id)")).status == 404)
            #expect(await Self.post(cast, "/acme/jobs/\(job.id)/delete").status == 404)

            let gone = await Self.get(cast, "/acme/jobs?deleted=true")
            #expect(gone.contains("<h1>Deleted jobs</h1>") && gone.contains("/acme/jobs/\(job.id)/restore") && gone.contains("in 6\u{A0}d"))
            #expect(await !Self.get(cast, "/acme/jobs?deleted=true", by: "Victor").contains("/restore"))
            let restored = await Self.post(cast, "/acme/jobs/\(job.id)/restore")
            #expect(restored.location == "/acme/jobs/\(job.id)" && Self.flash(restored).hasPrefix("Report is back. Next run in"))
            #expect(await Self.get(cast, "/acme/jobs?deleted=true").contains("No deleted jobs."))
            #expect(await Self.post(cast, "/acme/jobs/\(job.id)/restore").status == 409)
            #expect(await Self.post(cast, "/acme/jobs/\(ID<Job>())/restore").status == 404)
        }
    }
}
