import Postgres
import Synchronization
import Time

/// The days of history: one table for each retention and UTC day, made before anything is written into it.
final class Partitions: Sendable {
    private struct Day: Hashable {
        let keepDays: Int
        /// Days since 1970-01-01.
        let number: Int64
    }

    private static let tables = ["executions", "attempts"]
    private static let retentions = [7, 30, 90]
    private static let daysAhead: Int64 = 8

    private let database: Database
    /// Those that are known to be there, so that looking costs nothing.
    private let known = Mutex<Set<Day>>([])

    init(_ database: Database) { self.database = database }

    /// Makes today and the days ahead for every retention.
    func prepare(from now: Timestamp) async throws {
        let today = Self.day(of: now)
        try await make(Self.retentions.flatMap { keepDays in (today...today + Self.daysAhead).map { Day(keepDays: keepDays, number: $0) } })
    }

    /// Makes the days of these instants that are not there yet: what is overdue from before the program last ran.
    func ensure(_ moments: [(keepDays: Int, scheduledFor: Timestamp)]) async throws {
        let days = Set(moments.map { Day(keepDays: $0.keepDays, number: Self.day(of: $0.scheduledFor)) })
        try await make(Array(days))
    }

    private func make(_ days: [Day]) async throws {
        let missing = known.withLock { known in days.filter { !known.contains($0) } }
        guard !missing.isEmpty else { return }
        // Two nodes at one midnight must not collide: looking first and making then does, in the catalogue's unique keys. And
        // nobody may wait long for a lock here, because everybody who records would wait behind him.
        let begin = "BEGIN;\nSET LOCAL lock_timeout = '2s';\nSELECT pg_advisory_xact_lock(hashtext(current_schema() || '.partitions'));\n"
        try await database.script(begin + missing.map(Self.statements).joined() + "COMMIT;")
        known.withLock { $0.formUnion(missing) }
    }

    /// Made apart and then attached: PARTITION OF would take the parent from everybody who only reads it, and wait for him (a
    /// backup reads for hours); attaching stands in nobody's way.
    private static func statements(for day: Day) -> String {
        let (from, to) = (text(day.number), text(day.number + 1))
        return tables.map { table in
            let parent = "\(table)_keep_\(day.keepDays)"
            let name = "\(parent)_\(from.filter { $0 != "-" })"
            return """
                DO $$ BEGIN IF to_regclass('\(name)') IS NULL THEN
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
