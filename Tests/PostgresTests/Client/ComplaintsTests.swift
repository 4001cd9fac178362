import Logging
import Synchronization
import Testing

@testable import Postgres

@Suite struct ComplaintsTests {
    @Test func whatGoesOnGoingWrongIsToldOnceAMinuteWithItsCount() {
        let notes = Notes()
        let complaints = Complaints(to: Logger(label: "test") { _ in notes })
        let now = ContinuousClock.now
        for second in 0..<130 { complaints.tell("no luck", PostgresError(.unavailable, "away"), now: now + .seconds(second)) }
        #expect(notes.lines == ["no luck", "no luck untold=59", "no luck untold=59"])
    }

    @Test func aMistakeOfAnotherKindIsToldAtOnce() {
        let notes = Notes()
        let complaints = Complaints(to: Logger(label: "test") { _ in notes })
        for _ in 0..<3 {
            complaints.tell("no luck", PostgresError(.connectionLost, "away"))
            complaints.tell("no luck", PostgresError(.server(sqlState: "57P03"), "away"))
            complaints.tell("no luck", PostgresError(.server(sqlState: "42P01"), "a mistake of ours"))
        }
        #expect(notes.lines == ["no luck", "no luck"])
    }

    @Test func whatWasNeverSentIsNotToldWithItsText() {
        let error = PostgresError(.unavailable, "away").concerning(sql: "SELECT 1", outcomeUnknown: false)
        #expect("\(error)" == "database: away")
    }
}

/// Keeps what is logged.
private final class Notes: LogHandler {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    func log(event: LogEvent) {
        let untold = event.metadata?["untold"].map { " untold=\($0)" } ?? ""
        kept.withLock { $0.append("\(event.message)\(untold)") }
    }
}
