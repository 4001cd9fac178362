import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// The statements that run all the time read what they need and no whole table, however much lies there.
@Suite(.database, .timeLimit(.minutes(2))) struct QueryPlanTests {
    /// Twenty organizations with a thousand jobs, queued rows (a twentieth of them leased) and recorded executions each.
    private func filled() async throws -> Scene {
        let scene = try await Scene()
        let today = scene.engine.clock.now()
        try await scene.engine.partitions.ensure((0..<5).map { (7, today.adding(.seconds(-86_400 * $0))) })
        try await scene.database.script(
            """
            INSERT INTO organizations (id, name, slug, created_at)
                SELECT gen_random_uuid(), 'Filler', 'filler-' || n, now() FROM generate_series(1, 19) n;
            INSERT INTO entitlements (organization_id, plan, shortest_interval_s, keep_days, concurrency, timeout_s)
                SELECT id, 'pro', 60, 7, 50, 300 FROM organizations WHERE name = 'Filler';
            INSERT INTO lanes (organization_id, max_running, next_due) SELECT id, 100, now() FROM organizations WHERE name = 'Filler';
            UPDATE lanes SET next_due = now();
            INSERT INTO jobs (organization_id, id, name, plugin, config, schedule, schedule_set_at, timeout_ms, retries, missed, missed_limit,
                    overlap, success, tags, enabled, created_at, updated_at)
                SELECT o.id, gen_random_uuid(), 'Job', 'probe', '{}', '{"every": "1h"}', now(), 30000, '{}', 'last', 10, 'queue', '{}', '{}',
                    true, now(), now() FROM organizations o, generate_series(1, 1000);
            INSERT INTO job_states (organization_id, job_id, next_run_at)
                SELECT organization_id, id, now() + random() * interval '1 hour' FROM jobs;
            UPDATE job_states SET passing_from = next_run_at, pass_at = next_run_at WHERE random() < 0.01;
            INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
                SELECT organization_id, id, now(), schedule, now(), now() + (random() - 0.01) * interval '1 hour' FROM jobs;
            INSERT INTO queue (organization_id, id, job_id, scheduled_for, due_at, trigger, keep_days, leased_by, lease_token)
                SELECT organization_id, gen_random_uuid(), id, now(), now() + random() * interval '10 minutes', 'schedule', 7,
                    CASE WHEN leased THEN gen_random_uuid() END, CASE WHEN leased THEN 1 END
                FROM (SELECT *, random() < 0.05 AS leased FROM jobs) j;
            INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, attempt, finished_at)
                SELECT organization_id, 7, now() - row_number() OVER () % 5000 * interval '69 seconds', gen_random_uuid(), id, 'schedule',
                    'success', 1, now() FROM jobs;
            INSERT INTO attempts (organization_id, keep_days, scheduled_for, execution_id, number, node_id, status, started_at, finished_at,
                    total_us)
                SELECT organization_id, 7, scheduled_for, id, 1, gen_random_uuid(), 'success', now(), now(), 1 FROM executions;
            INSERT INTO incidents (organization_id, id, kind, job_id, subject, opened_at, closed_at)
                SELECT organization_id, gen_random_uuid(), 'failing', id, 'missed', now(), CASE WHEN random() < 0.9 THEN now() END FROM jobs;
            INSERT INTO breakers (organization_id, host, failures, failed_at)
                SELECT id, 'h' || n || ':443', 1, now() FROM organizations, generate_series(1, 200) n;
            ANALYZE jobs, job_states, queue, lanes, entitlements, executions, attempts, schedule_periods, incidents, breakers;
            """)
        return scene
    }

    private func plan(_ query: Query, in scene: Scene) async throws -> String {
        try await scene.database.query("EXPLAIN " + query).map { try $0("QUERY PLAN") as String }.joined(separator: "\n")
    }

    private func expectNoTableIsRead(_ query: Query, in scene: Scene, _ comment: Comment) async throws {
        let plan = try await plan(query, in: scene)
        #expect(
            plan.firstMatch(of: /Seq Scan on (queue|jobs|job_states|executions|attempts|schedule_periods|recent_executions|job_days|incidents|breakers)/)
                == nil, "\(comment): \(plan)")
    }

    @Test func noHotStatementReadsAWholeTable() async throws {
        let scene = try await filled()
        let now = scene.engine.clock.now()
        try await expectNoTableIsRead(
            ExecutionQueue.lease(100, to: scene.engine.node, now: now, horizon: now), in: scene, "claim")
        try await expectNoTableIsRead(ExecutionQueue.lineUp(now: now), in: scene, "line up")
        try await expectNoTableIsRead(ZoneInUse.all, in: scene, "zones in use")
        try await expectNoTableIsRead(Scheduler.selection(dueBy: now.adding(Scheduler.horizon)), in: scene, "due")
        try await expectNoTableIsRead(Scheduler.evenSelection(dueBy: now.adding(Scheduler.horizon)), in: scene, "due of each")

        try await expectNoTableIsRead(Scheduler.held(at: now), in: scene, "held back")
        try await expectNoTableIsRead(Reconciler.unchecked(at: now), in: scene, "unchecked")
        let windows = try await scene.database.query(Reconciler.unchecked(at: now)).map { try Reconciler.window($0, now: now) }
        try await expectNoTableIsRead(Reconciler.answers(to: windows), in: scene, "answers")

        let claims = try await scene.queue.claim(100, for: scene.engine.node, now: now, horizon: now.adding(.seconds(60))).claims
        #expect(claims.count > 50)
        let finished = claims.enumerated().map { index, claim in
            var ended = claim.ended(Outcome(reason: index == 0 ? .connectFailed : nil), at: now)
            ended.host = "h1:443"
            return ended
        }
        let well = Array(finished.dropFirst())
        try await expectNoTableIsRead(scene.queue.recording(well, by: scene.engine.node, now: now), in: scene, "complete, all well")
        try await expectNoTableIsRead(scene.queue.recording(finished, by: scene.engine.node, now: now), in: scene, "complete")

        let job = try await scene.jobs.page(after: nil, limit: 1, for: scene.acme)[0]
        let first = try await scene.executions.page(after: nil, limit: 50, for: scene.acme)
        #expect(first.count == 50)
        for (scope, position) in [
            (.all, nil), (.job(job.id), nil), (.few([job.id]), nil), (.many([job.id]), nil), (.all, Executions.Position(first[49])),
        ] as [(Executions.Scope, Executions.Position?)] {
            for statuses in [[], [.failed], [.success], [.pending]] as [[ExecutionStatus]] {
                var filter = Executions.Filter()
                filter.statuses = statuses
                try await expectNoTableIsRead(
                    scene.executions.listing(filter, in: scope, after: position, limit: 50, for: scene.acme), in: scene, "page")
            }
        }
    }

    /// What pages ask again and again; and each has its own few tables to be planned for, whatever else there is.
    @Test func whatTheDashboardShowsIsReadFromFewTables() async throws {
        let scene = try await filled()
        let (now, organization) = (scene.engine.clock.now(), scene.acme.organization.id)
        let jobs = try await scene.jobs.page(after: nil, limit: 50, for: scene.acme).map(\.id)
        try await scene.database.query("UPDATE job_states SET health = 'failing' WHERE job_id = ANY (\(Array(jobs.prefix(9))))")
        try await Tallier(scene.engine, logger: silence).fold(before: now.midnight)
        try await scene.database.script("ANALYZE recent_executions, job_days, job_states")
        func tallies(_ until: Timestamp) -> [Tally] { jobs.map { Tally(organization: organization, job: $0, until: until) } }
        let folded = try #require(Executions.latest(of: tallies(now.midnight), limit: 24, at: now))
        let unfolded = try #require(Executions.latest(of: tallies(Tally.never), limit: 24, at: now))
        try await expectNoTableIsRead(folded, in: scene, "recent")
        try await expectNoTableIsRead(unfolded, in: scene, "recent, nothing folded")
        try await expectNoTableIsRead(Executions.running(jobs, of: organization, at: now), in: scene, "running")
        let days = Executions.days(of: tallies(now.midnight)[0], since: now.midnight.adding(.seconds(-29 * 86_400)), at: now)
        try await expectNoTableIsRead(days, in: scene, "days")
        try await expectNoTableIsRead(Executions.today(of: organization, at: now), in: scene, "today")
        try await expectNoTableIsRead(Jobs.counting(organization, at: now), in: scene, "counts")
        try await expectNoTableIsRead(
            Tally.folding(tallies(now.midnight.adding(.seconds(-86_400))), before: now.midnight, now: now), in: scene, "fold")
        for query in [folded, days, Executions.today(of: organization, at: now)] {
            let plan = try await plan(query, in: scene)
            #expect(Set(plan.matches(of: /executions_keep_[0-9]+_[0-9]{8}/).map(\.0)).count <= 9, "\(plan)")
        }
    }

    /// Of the organization's thousand jobs nine fail, and five are paused: every tab in every order, and each page's numbers.
    @Test func theListOfJobsReadsWhatItShows() async throws {
        let scene = try await filled()
        let (now, organization) = (scene.engine.clock.now(), scene.acme.organization.id)
        let jobs = try await scene.jobs.page(after: nil, limit: 50, for: scene.acme).map(\.id)
        try await scene.database.query("UPDATE job_states SET health = 'failing' WHERE job_id = ANY (\(Array(jobs.prefix(9))))")
        try await scene.database.query("UPDATE jobs SET enabled = false WHERE id = ANY (\(Array(jobs.suffix(5))))")
        try await scene.database.script("VACUUM ANALYZE jobs, job_states")
        for health in [nil, "failing", "late", "healthy", "paused"] {
            for order in Jobs.Order.allCases {
                // What is paused has no next run, and is asked for by itself.
                let part: Jobs.Order.Part =
                    [.nextRun, .nextRunBackwards].contains(order) ? (health == "paused" ? .withoutValue : .withValue) : .all
                let query = scene.jobs.listing(.init(health: health), in: order, part, after: nil, limit: 19, for: scene.acme)
                try await expectRead(atMost: 250, query, in: scene, "\(health ?? "all") by \(order)")
            }
        }
        // Each is looked at once.
        for filter in [Jobs.Filter(search: "nowhere"), .init(tag: "none")] {
            let query = scene.jobs.listing(filter, in: .newestFirst, after: nil, limit: 19, for: scene.acme)
            try await expectRead(atMost: 1_100, query, in: scene, "nothing found")
        }
        try await expectRead(atMost: 1_100, Jobs.counting(organization, at: now), in: scene, "counts")
        try await expectRead(
            atMost: 1_100, "SELECT \(Jobs.Rhythm.columns(of: organization))", in: scene, "what a forecast is remembered by")
    }

    /// By all scans together, with what their filters leave out.
    private func expectRead(atMost most: Int, _ query: Query, in scene: Scene, _ comment: Comment) async throws {
        let lines = try await scene.database.query("EXPLAIN (ANALYZE, TIMING OFF) " + query).map { try $0("QUERY PLAN") as String }
        var (read, loops) = (0, 1)
        for line in lines {
            if let match = line.firstMatch(of: /actual rows=([0-9]+)(?:\.[0-9]+)? loops=([0-9]+)/) {
                loops = Int(match.2) ?? 1
                if line.contains(/Scan (Backward )?using|(Seq|Bitmap Heap) Scan on/) { read += (Int(match.1) ?? 0) * loops }
            }
            if let match = line.firstMatch(of: /Rows Removed by Filter: ([0-9]+)/) { read += (Int(match.1) ?? 0) * loops }
        }
        #expect(read <= most, "\(comment): \(lines.joined(separator: "\n"))")
    }

    /// Of ten thousand executions of the organization two failed, and five are of a job with the tag.
    @Test func aFilterThatMatchesLittleReadsLittle() async throws {
        let scene = try await filled()
        let organization = scene.acme.organization.id
        let job = try await scene.jobs.page(after: nil, limit: 1, for: scene.acme)[0]
        try await scene.database.batch([
            """
            INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, attempt, finished_at)
            SELECT organization_id, 7, now() - n * interval '40 s', gen_random_uuid(), id, 'schedule', 'success', 1, now()
            FROM jobs, generate_series(1, 9) n WHERE organization_id = \(organization) AND id <> \(job.id)
            """,
            """
            INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at)
            SELECT \(organization), 7, now() - n * interval '400 s', gen_random_uuid(), \(job.id), 'schedule',
                CASE WHEN n < 3 THEN 'failed' ELSE 'success' END, CASE WHEN n < 3 THEN 'http_status' END, 1, now()
            FROM generate_series(1, 5) n
            """,
            "UPDATE jobs SET tags = '{rare}' WHERE organization_id = \(organization) AND id = \(job.id)",
        ])
        try await scene.database.script("ANALYZE executions, jobs")
        for (members, count) in [
            (["status": "failed"], 2), (["reason": "http_status"], 2), (["status": "missed"], 0), (["tag": "rare"], 6),
            (["job": .string(job.id.text), "status": "failed"], 2),
        ] as [(JSONObject, Int)] {
            let filter = Executions.Filter(members)
            #expect(
                try await scene.executions.page(filter, after: nil, limit: 50, for: scene.acme).filter { $0.finishedAt != nil }.count
                    == count)
            let scope = try await scene.executions.scope(of: nil, filter, for: scene.acme)
            let query = scene.executions.listing(filter, in: scope, after: nil, limit: 50, for: scene.acme)
            let lines = try await scene.database.query("EXPLAIN (ANALYZE, TIMING OFF) " + query).map { try $0("QUERY PLAN") as String }
            let read = lines.compactMap { $0.firstMatch(of: /Rows Removed by Filter: ([0-9]+)/).flatMap { Int($0.1) } }.reduce(0, +)
            #expect(read < 100, "\(members): \(lines.joined(separator: "\n"))")
        }
    }

    /// The search sees what it is for.
    @Test func aWholeTableReadIsSeen() async throws {
        let scene = try await filled()
        #expect(try await plan("SELECT count(*) FROM queue WHERE attempt = 2", in: scene).contains("Seq Scan on queue"))
        #expect(try await plan("SELECT count(*) FROM executions WHERE attempt = 2", in: scene).contains("Seq Scan on executions_keep_7_"))
    }
}
