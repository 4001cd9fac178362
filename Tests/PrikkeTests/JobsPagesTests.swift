import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Prikke
@testable import Scheduling
@testable import Tenancy

/// The list of jobs and a job's page, as they are answered: what is shown, and what each control does.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct JobsPagesTests {
    static func post(_ cast: Cast, _ path: String, _ fields: [(String, String)] = [], by name: String = "Bob") async -> Answer {
        await cast.house.send(cast[name].call("POST", path, fields))
    }

    static func get(_ cast: Cast, _ path: String, by name: String = "Bob") async -> String {
        await cast.house.send(cast[name].call("GET", path)).text
    }

    /// The flash that an answer leaves.
    static func flash(_ answer: Answer) -> String { (answer.cookie("flash") ?? "").removingPercentEncoding ?? "" }

    /// A job whose last executions failed, the last one first.
    static func failing(_ cast: Cast, times: Int = 3) async throws -> Job {
        let job = try await cast.job(["name": "Broken", "tags": ["exports"]])
        let now = cast.house.services.engine.clock.now()
        try await cast.house.services.engine.partitions.ensure([(30, now), (30, now.adding(.seconds(-86_400)))])
        for place in 0...times {
            let (time, isBad) = (now.adding(.seconds(-60 * (place + 1))), place < times)
            try await cast.house.database.query(
                """
                INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt,
                    started_at, finished_at, status_code, duration_ms, lateness_ms)
                VALUES (\(cast.acme.organization.id), 30, \(time), \(ID<Execution>(at: time)), \(job.id), 'schedule',
                    \(isBad ? "failed" : "success"), \(isBad ? "http_status" : nil), 1, \(time), \(time), \(Int16(isBad ? 504 : 200)), 30000, 3)
                """)
        }
        try await cast.house.database.query("UPDATE job_states SET health = 'failing' WHERE job_id = \(job.id)")
        return job
    }

    // MARK: - The list

    @Test func theListSaysHowEachJobIsDoingWhatIsWrongFirst() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            #expect(await Self.get(cast, "/acme/jobs").contains("curl https://prikke.test/api/jobs"))
            #expect(await !Self.get(cast, "/acme/jobs", by: "Victor").contains("curl"), "who may make none is not told how")

            let broken = try await Self.failing(cast)
            _ = try await cast.job(["name": "Fine", "schedule": ["cron": "0 2 * * *", "timezone": "Europe/Oslo"]])
            let rest = try await cast.job(["name": "At rest"])
            _ = try await house.services.jobs.pause(.id(rest.id), until: nil, for: cast.access)
            let page = await Self.get(cast, "/acme/jobs")
            for part in [
                "<title>▲ 1 failing · Jobs · Acme</title>", "favicon-alarm.svg", "1 failing.", "0 of 1\u{A0}M executions used in",
                "Failing<b>1</b>", "Healthy<b>1</b>", "Paused<b>1</b>", "HTTP 504 after 30.0\u{A0}s · 3 in a row",
                "Last 4: 1 succeeded, 3 failed", "GET example.com/report", "Paused by alice@example.com now", "0 2 * * *",
                "<live-region id=\"jobslive\" topic=\"jobs executions\" src=\"/acme/jobs?fragment=jobslive\">",
                "<a href=\"/acme/jobs/\(broken.id)\" data-row>Broken</a>",
            ] { #expect(page.contains(part), "\(part)") }
            let names = page.matches(of: /data-row>([^<]*)</).map { String($0.1) }
            #expect(names == ["Broken", "At rest", "Fine"])

            #expect(await Self.get(cast, "/acme/members").contains("favicon-alarm.svg"))
            let part = await Self.get(cast, "/acme/jobs?fragment=jobslive")
            #expect(part.contains("data-title=\"▲ 1 failing · Jobs · Acme\"") && !part.contains("<html"))
        }
    }

    @Test func filtersOrdersAndPagesAreInTheAddress() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for number in 0..<27 {
                _ = try await cast.job(["name": .string("Job \(number + 10)"), "tags": [number % 2 == 0 ? "even" : "odd"]])
            }
            func names(_ page: String) -> [String] { page.matches(of: /data-row>([^<]*)</).map { String($0.1) } }
            let first = await Self.get(cast, "/acme/jobs?sort=name")
            let next = try #require(first.firstMatch(of: /href="([^"]*)" rel="next"/).map { String($0.1).replacing("&amp;", with: "&") })
            #expect(next.contains("sort=name"))
            let second = await Self.get(cast, next)
            #expect(names(first) + names(second) == (10..<37).map { "Job \($0)" })
            #expect(second.contains("From the beginning") && !second.contains("rel=\"next\""))

            #expect(names(await Self.get(cast, "/acme/jobs?tag=odd")).count == 13)
            #expect(
                names(await Self.get(cast, "/acme/jobs?search=job+1&tag=even&sort=")) == ["Job 18", "Job 16", "Job 14", "Job 12", "Job 10"])
            #expect(await Self.get(cast, "/acme/jobs?tag=odd").contains("Tagged “odd”"))
            #expect(await Self.get(cast, "/acme/jobs?health=failing").contains("No failing jobs"))
            #expect(await Self.get(cast, "/acme/jobs?search=nowhere").contains("No jobs match"))
            for wrong in ["health=ill", "sort=x", "nonsense=1", "search=%00", "deleted=2"] {
                #expect([400, 422].contains(await house.send(cast["Bob"].call("GET", "/acme/jobs?\(wrong)")).status), "\(wrong)")
            }
            #expect(await house.send(cast["Bob"].call("GET", "/acme/jobs?cursor=nonsense")).status == 200)
        }
    }

    @Test func whatStoodFirstDoesNotComeAgainInItsPlace() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            _ = try await Self.failing(cast)
            for number in 0..<19 { _ = try await cast.job(["name": .string("Job \(number + 10)")]) }
            func names(_ page: String) -> [String] { page.matches(of: /data-row>([^<]*)</).map { String($0.1) } }
            let first = await Self.get(cast, "/acme/jobs")
            let next = try #require(first.firstMatch(of: /href="([^"]*)" rel="next"/).map { String($0.1).replacing("&amp;", with: "&") })
            #expect(names(first) + names(await Self.get(cast, next)) == ["Broken"] + (10..<29).reversed().map { "Job \($0)" })
        }
    }

    @Test func aViewerSeesNothingToBePressed() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let job = try await cast.job()
            for path in ["/acme/jobs", "/acme/jobs/\(job.id)"] {
                let page = await Self.get(cast, path, by: "Victor")
                #expect(page.contains("Report"))
                let main = page[(page.firstRange(of: "<main")?.upperBound ?? page.endIndex)...]
                let end = main.firstRange(of: "</main>")?.lowerBound ?? main.endIndex
                #expect(!main[..<end].contains("method=\"post\""), "\(path)")
                #expect(!page.contains("New job") && !page.contains(">Edit<"))
            }
        }
    }

    // MARK: - Many at once

    @Test func manyJobsArePausedResumedStartedAndDeletedByOneForm() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let (one, other) = (try await cast.job(["name": "One"]), try await cast.job(["name": "Other"]))
            let theirs = try await cast.job(for: cast.accessOfCharlie)
            let both = [("job", one.id.text), ("job", other.id.text), ("return_to", "/acme/jobs?sort=name")]
            func state(_ job: Job) async throws -> JSON {
                (try await house.services.jobs.find(.id(job.id), for: cast.access)).json(now: .now())
            }

            let paused = await Self.post(cast, "/acme/jobs/bulk", both + [("act", "pause"), ("job", theirs.id.text), ("job", "nonsense")])
            #expect(paused.status == 303 && paused.location == "/acme/jobs?sort=name")
            #expect(Self.flash(paused).hasPrefix("2 jobs paused. Not "))
            #expect(Self.flash(paused).hasSuffix("It is not there any more."))
            #expect(try await state(one)["health"] == "paused")
            #expect(try await state(other)["health"] == "paused")
            #expect(try await house.services.jobs.find(.id(theirs.id), for: cast.accessOfCharlie).definition.enabled)

            #expect(Self.flash(await Self.post(cast, "/acme/jobs/bulk", both + [("act", "resume")])) == "2 jobs resumed.")
            #expect(try await state(one)["health"] == "healthy")
            #expect(Self.flash(await Self.post(cast, "/acme/jobs/bulk", both + [("act", "run")])) == "2 jobs started.")
            #expect(Self.flash(await Self.post(cast, "/acme/jobs/bulk", [("act", "run")])) == "Choose at least one job first.")

            let question = await Self.post(cast, "/acme/jobs/bulk", both + [("act", "delete")])
            #expect(question.status == 200 && question.text.contains("<h1>Delete 2 jobs</h1>"))
            #expect(question.text.contains("This deletes One, Other.") && question.text.contains("For seven days you can restore them."))
            #expect(try await state(one)["health"] == "healthy", "asking deletes nothing")
            let sure = await Self.post(cast, "/acme/jobs/bulk", both + [("act", "delete"), ("confirmed", "true")])
            #expect(Self.flash(sure) == "2 jobs deleted.")
            #expect(try await house.services.jobs.counts(for: cast.access).all == 0)
            #expect(await Self.post(cast, "/acme/jobs/bulk", both + [("act", "erase")]).status == 422)
        }
    }

    @Test func whatFailedLastIsRetriedTogether() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let (broken, fine) = (try await Self.failing(cast), try await cast.job(["name": "Fine"]))
            let answer = await Self.post(
                cast, "/acme/jobs/bulk", [("act", "retry"), ("job", broken.id.text), ("job", fine.id.text)])
            #expect(Self.flash(answer) == "1 job retried. Not Fine: Its last execution did not fail.")
            let queued = try await house.database.query("SELECT job_id, repeat_of FROM queue WHERE trigger = 'replay'")
            let last: ID<Execution> = try await house.database.query(
                "SELECT id FROM executions WHERE job_id = \(broken.id) ORDER BY scheduled_for DESC LIMIT 1"
            ).only("id")
            #expect(try queued.map { try $0("repeat_of", as: ID<Execution>.self) } == [last])
        }
    }

    @Test func whatThePlanDoesNotReachIsSaidOfEachJob() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let (one, other) = (try await cast.job(["name": "One"]), try await cast.job(["name": "Other"]))
            try await house.database.query(
                "UPDATE entitlements SET executions_per_month = 1 WHERE organization_id = \(cast.acme.organization.id)")
            let answer = await Self.post(cast, "/acme/jobs/bulk", [("act", "run"), ("job", one.id.text), ("job", other.id.text)])
            #expect(Self.flash(answer).hasPrefix("1 job started. Not Other: The plan pro has 1 executions a month"))

            let alone = await Self.post(cast, "/acme/jobs/\(one.id)/run", [("body", "{\"a\":1}"), ("reason", "Because")])
            #expect(alone.status == 422)
            #expect(
                alone.text.contains("The plan pro has 1 executions a month") && alone.text.contains("{&quot;a&quot;:1}"), "nothing is lost")
            #expect(alone.text.contains("<details id=\"running\" open>"))
        }
    }
}
