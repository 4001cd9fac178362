import Postgres
import Synchronization
import Time

/// The days of history: one table for each retention and UTC day, made before anything is written into it, and dropped when
/// its time is over.
final class Partitions: Sendable {
    /// One day's tables of one retention.
    struct Day: Hashable {
        let keepDays: Int
        /// Days since 1970-01-01.
        let number: Int64
        /// False where a drop was broken off: its rows are not part of history any more.
        var isAttached = true

        var end: Timestamp { Timestamp(seconds: (number + 1) * 86_400) }
        var text: String { Partitions.text(number) }
        var executions: String { table("executions") }
        var attempts: String { table("attempts") }

        func table(_ name: String) -> String { "\(name)_keep_\(keepDays)_\(text.filter { $0 != "-" })" }
    }

    private static let tables = ["executions", "attempts"]
    static let retentions = [7, 30, 90]
    private static let daysAhead: Int64 = 8
    /// So long a drop waits for readers; what was broken off is finished in the next round, and holds up no stop meanwhile.
    private static let patience: Duration = .seconds(5)

    private let database: Database
    /// What is over is decided by the database's time, also here: by the clock of a machine that is behind, a day that was
    /// dropped would count as there.
    private let clock: DatabaseClock
    /// Those that are known to be there, so that looking costs nothing.
    private let known = Mutex<Set<Day>>([])

    init(_ database: Database, clock: DatabaseClock) { (self.database, self.clock) = (database, clock) }

    /// Makes today and the days ahead for every retention. Nodes that start together wait for each other here: losing that
    /// once must not end a start.
    func prepare(from now: Timestamp) async throws {
        let today = Self.day(of: now)
        let days = Self.retentions.flatMap { keepDays in (today...today + Self.daysAhead).map { Day(keepDays: keepDays, number: $0) } }
        for _ in 0..<4 {
            do { return try await make(days) } catch let error as PostgresError where error.isPassing { continue }
        }
        try await make(days)
    }

    /// Believes in none of the days any more: one of them was missing.
    func forget() { known.withLock { $0.removeAll() } }

    /// Makes the days of these instants that are not there yet: what is overdue from before the program last ran.
    func ensure(_ moments: [(keepDays: Int, scheduledFor: Timestamp)]) async throws {
        let days = Set(moments.map { Day(keepDays: $0.keepDays, number: Self.day(of: $0.scheduledFor)) })
        try await make(Array(days))
    }

    /// Makes the days of everything that is in the queue, for whoever found one missing.
    func ensureWhatIsQueued() async throws {
        forget()
        let rows = try await database.query(
            "SELECT DISTINCT keep_days, date_trunc('day', scheduled_for, 'UTC') AS day FROM queue", timeout: .seconds(15))
        try await ensure(rows.map { (Int(try $0("keep_days") as Int16), try $0("day")) })
    }

    /// The days whose time was over at `now`, and of which nothing waits in the queue, oldest first, down to those of which a
    /// broken-off drop left a table. The executions are dropped first, so where they are gone nothing is left to be copied.
    func over(at now: Timestamp) async throws -> [Day] {
        let rows = try await database.query(
            """
            SELECT substring(c.relname FROM '_keep_([0-9]+)_')::integer AS keep_days,
                to_date(right(c.relname, 8), 'YYYYMMDD') - date '1970-01-01' AS number,
                coalesce(bool_or(c.relispartition) FILTER (WHERE c.relname LIKE 'executions%'), false) AS is_attached
            FROM pg_class c
            WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
                AND c.relname ~ '^(executions|attempts)_keep_(7|30|90)_[0-9]{8}$' AND NOT EXISTS (
                    SELECT FROM (SELECT DISTINCT keep_days, date_trunc('day', scheduled_for, 'UTC') AS day FROM queue) q
                    WHERE c.relname LIKE '%\\_keep\\_' || q.keep_days || '\\_' || to_char(q.day AT TIME ZONE 'UTC', 'YYYYMMDD'))
            GROUP BY 1, 2 ORDER BY 2, 1
            """)
        return try rows.map {
            Day(keepDays: Int(try $0("keep_days") as Int32), number: Int64(try $0("number") as Int32), isAttached: try $0("is_attached"))
        }.filter { $0.end.adding(.seconds($0.keepDays * 86_400)) <= now }
    }

    /// Takes a day out of history and drops it. Detaching waits for those who are reading and stands in nobody's way; a plain
    /// DROP would take the parent from everybody. A statement at a time: this kind of detaching allows no transaction.
    func drop(_ day: Day) async throws {
        for table in Self.tables {
            let (name, parent) = (day.table(table), "\(table)_keep_\(day.keepDays)")
            let state = try await database.query(
                "SELECT inhdetachpending AS is_pending FROM pg_inherits WHERE inhrelid = to_regclass(\(name))::oid"
            ).first.map { try $0("is_pending") as Bool }
            if let state {
                try await database.script(
                    "ALTER TABLE \(parent) DETACH PARTITION \(name) \(state ? "FINALIZE" : "CONCURRENTLY")", timeout: Self.patience)
            }
            try await database.script("DROP TABLE IF EXISTS \(name)", timeout: Self.patience)
        }
        known.withLock { _ = $0.remove(Day(keepDays: day.keepDays, number: day.number)) }
    }

    private func make(_ days: [Day]) async throws {
        // A day that may be over may be dropped by any node at any time, so nobody trusts that it is still there.
        let recent = Self.day(of: clock.now()) - 6
        let missing = known.withLock { known in days.filter { !known.contains($0) || $0.number < recent } }
        guard !missing.isEmpty else { return }
        // Two nodes at one midnight must not collide: looking first and making then does, in the catalogue's unique keys. And
        // nobody may wait long for a lock here, or for a server that says nothing, because everybody who records would wait
        // behind him.
        let begin = "BEGIN;\nSET LOCAL lock_timeout = '2s';\nSELECT pg_advisory_xact_lock(hashtext(current_schema() || '.partitions'));\n"
        try await database.script(begin + missing.map(Self.statements).joined() + "COMMIT;", timeout: .seconds(4 + missing.count))
        known.withLock { $0.formUnion(missing) }
    }

    /// Made apart and then attached: PARTITION OF would take the parent from everybody who only reads it, and wait for him (a
    /// backup reads for hours); attaching stands in nobody's way.
    private static func statements(for day: Day) -> String {
        let (from, to) = (text(day.number), text(day.number + 1))
        return tables.map { table in
            let (name, parent) = (day.table(table), "\(table)_keep_\(day.keepDays)")
            return """
                DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass('\(name)') AND NOT inhdetachpending) THEN
                    DROP TABLE IF EXISTS \(name);  -- what a broken-off drop left
                    CREATE TABLE \(name) (LIKE \(parent) INCLUDING ALL);
                    ALTER TABLE \(parent) ATTACH PARTITION \(name) FOR VALUES FROM ('\(from) 00:00:00+00') TO ('\(to) 00:00:00+00');
                END IF; END $$;

                """
        }.joined()
    }

    private static func day(of time: Timestamp) -> Int64 {
        let seconds = time.seconds
        return (seconds - ((seconds % 86_400) + 86_400) % 86_400) / 86_400
    }

    private static func text(_ day: Int64) -> String { String(Timestamp(seconds: day * 86_400).rfc3339Seconds.prefix(10)) }
}
