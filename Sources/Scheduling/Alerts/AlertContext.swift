import Postgres
import Tenancy
import Time

/// What the words of an alert are made of, beside the news itself.
struct AlertContext: Sendable {
    /// So many are called by name in one message.
    static let mostNamed = 10

    /// What is said of a job.
    struct NamedJob: Sendable {
        let id: ID<Job>
        let key: String?
        let name: String
        let schedule: String
    }

    let organization: ID<Organization>
    let slug: String
    let name: String
    let links: AlertLinks
    let now: Timestamp
    var jobs: [ID<Job>: NamedJob] = [:]
    var executions: [ID<Execution>: Execution] = [:]

    func job(_ incident: Incident) -> NamedJob? { incident.jobID.flatMap { jobs[$0] } }

    /// What one incident is about.
    func name(_ incident: Incident) -> String { job(incident)?.name ?? incident.host.map(Self.host) ?? "A job" }

    /// As people write it: without the port that everybody uses.
    static func host(_ text: String) -> String {
        [":443", ":80"].first { text.hasSuffix($0) }.map { String(text.dropLast($0.count)) } ?? text
    }

    /// “3 h 5 min”: the two largest units.
    static func words(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")]
        let begin = parts.firstIndex { $0.0 > 0 } ?? 3
        return parts[begin...].prefix(2).filter { $0.0 > 0 || begin == 3 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }

    static func count(_ number: Int, _ one: String, _ many: String) -> String { number == 1 ? "1 \(one)" : "\(number) \(many)" }
}

extension Telling.News {
    var all: [Incident] { opened + passed + recovered + open }

    /// Those that are called by name; of one that stands alone, more is told.
    var named: [Incident] { Array(all.prefix(AlertContext.mostNamed)) }

    /// Nil: it is of several.
    var only: Incident? { all.count == 1 ? all[0] : nil }

    /// Of `host:…`.
    var host: String? { subject.flatMap { $0.hasPrefix("host:") ? String($0.dropFirst(5)) : nil } }

    /// That of the one job that all are about.
    var onlyJob: ID<Job>? {
        let jobs = Set(all.map(\.jobID))
        return jobs.count == 1 ? jobs.first.flatMap(\.self) : nil
    }
}
