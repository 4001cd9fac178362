import EventLoop
import Foundation
import Glibc
import Logging
import Postgres

/// Our client against pgbench: the same statements, prepared, on the same server, one after the other.
enum PostgresBench {
    private static let rows = 100_000
    private static let seconds = Int(ProcessInfo.processInfo.environment["BENCH_SECONDS"] ?? "") ?? 5

    private struct Statement {
        let name: String
        /// How many rows one call reads or writes.
        var rows = 1
        let ours: @Sendable (_ number: Int) -> [Query]
        let pgbench: String
    }

    private static let insert = "INSERT INTO bench_inserts (number, name) VALUES (:n, 'a name');\n"

    private static let statements = [
        Statement(
            name: "select by primary key", ours: { ["SELECT id, name, amount FROM bench_rows WHERE id = \($0)"] },
            pgbench: "SELECT id, name, amount FROM bench_rows WHERE id = :n;\n"),
        Statement(name: "insert one row, durable", ours: { [insertion($0)] }, pgbench: insert),
        Statement(
            name: "insert 20 rows with one sync, durable", rows: 20, ours: { Array(repeating: insertion($0), count: 20) },
            pgbench: "\\startpipeline\n" + String(repeating: insert, count: 20) + "\\endpipeline\n"),
    ]

    private static func insertion(_ number: Int) -> Query { "INSERT INTO bench_inserts (number, name) VALUES (\(number), \("a name"))" }

    static func run() async throws {
        let url = ProcessInfo.processInfo.environment["BENCH_DATABASE_URL"] ?? "postgresql:///postgres"
        let configuration = DatabaseConfiguration(url: url, applicationName: "bench")
        let database = try Database(configuration, on: EventLoop(name: "bench"), logger: Logger(label: "bench"))
        try await database.script(
            """
            DROP TABLE IF EXISTS bench_rows, bench_inserts;
            CREATE TABLE bench_rows (id bigint PRIMARY KEY, name text NOT NULL, amount bigint NOT NULL);
            INSERT INTO bench_rows SELECT n, 'row ' || n, n * 7 FROM generate_series(1, \(rows)) AS n;
            CREATE TABLE bench_inserts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number bigint, name text);
            ANALYZE bench_rows
            """)
        print("| statement | callers | our rows/s | pgbench's rows/s | ratio | our CPU, µs a row | pgbench's CPU, µs a row |")
        print("|---|--:|--:|--:|--:|--:|--:|")
        for statement in statements {
            for callers in [1, 16, 64] {
                let ours = try await measure(statement, on: database, callers: callers)
                let peer = try await pgbench(statement, url: url, clients: callers, each: ours.count / callers / statement.rows)
                let ratio = (ours.perSecond / peer.perSecond).formatted(.number.precision(.fractionLength(2)))
                print(
                    "| \(statement.name) | \(callers) | \(Int(ours.perSecond)) | \(Int(peer.perSecond)) | \(ratio)",
                    "| \(ours.microseconds) | \(peer.microseconds) |")
            }
        }
        await database.close()
    }
}

// MARK: The two sides

extension PostgresBench {
    private struct Figure {
        let count: Int
        let perSecond: Double
        let microseconds: String

        init(count: Int, elapsed: Duration, processor: Double) {
            self.count = count
            let seconds = elapsed / .seconds(1)
            perSecond = Double(count) / seconds
            microseconds = (processor / Double(max(1, count)) * 1e6).formatted(.number.precision(.fractionLength(1)))
        }
    }

    /// So many tasks, each asking as soon as it has been answered, over the two shared connections.
    private static func measure(_ statement: Statement, on database: Database, callers: Int) async throws -> Figure {
        for _ in 0..<200 { try await database.batch(statement.ours(1)) }
        let (start, before) = (ContinuousClock.now, processorSeconds(RUSAGE_SELF))
        let end = start.advanced(by: .seconds(seconds))
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<callers {
                group.addTask {
                    var (count, generator) = (0, SplitMix())
                    while ContinuousClock.now < end {
                        try await database.batch(statement.ours(Int(generator.next() % UInt64(rows)) + 1))
                        count += statement.rows
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Figure(count: count, elapsed: start.duration(to: .now), processor: processorSeconds(RUSAGE_SELF) - before)
    }

    /// As many statements as we sent, because its other way of stopping (-T) waits for a signal, and a child of a thread of
    /// Swift's pool starts with signals blocked.
    private static func pgbench(_ statement: Statement, url: String, clients: Int, each: Int) async throws -> Figure {
        let script = FileManager.default.temporaryDirectory.appending(path: "prikke-bench-\(getpid()).sql")
        try "\\set n random(1, \(rows))\n\(statement.pgbench)".write(to: script, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: script) }
        let (start, before) = (ContinuousClock.now, processorSeconds(RUSAGE_CHILDREN))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["pgbench", "-n", "-M", "prepared", "-f", script.path(), "-c", "\(clients)", "-j", "\(min(clients, 2))"]
        process.arguments? += ["-t", "\(max(1, each))", url]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let count = (text.firstMatch(of: /actually processed: (\d+)/).flatMap { Int($0.1) } ?? 0) * statement.rows
        return Figure(count: count, elapsed: start.duration(to: .now), processor: processorSeconds(RUSAGE_CHILDREN) - before)
    }

    private static func processorSeconds(_ who: __rusage_who) -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(who.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}

/// Random numbers that cost nothing: the system's own would be measured too.
private struct SplitMix {
    private var state = UInt64.random(in: .min ... .max)

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        let mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        return mixed ^ mixed >> 27
    }
}
