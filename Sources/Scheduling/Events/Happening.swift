import Postgres
import Tenancy

/// What nodes tell each other for the event streams: what has changed, by its id. Whoever has streams looks the rest up.
struct Happening: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case job(ID<Job>, JobAction)
        case execution(ID<Execution>)
        /// What is to be told of: incidents, what became of messages.
        case alerts
    }

    let organization: ID<Organization>
    let kind: Kind

    static func job(_ id: ID<Job>, _ action: JobAction, of organization: ID<Organization>) -> Happening {
        Happening(organization: organization, kind: .job(id, action))
    }

    /// Something of its incidents, channels or deliveries has changed.
    static func alerts(of organization: ID<Organization>) -> Happening { Happening(organization: organization, kind: .alerts) }

    static func execution(_ id: ID<Execution>, of organization: ID<Organization>) -> Happening {
        Happening(organization: organization, kind: .execution(id))
    }
}

/// What became of a job. A later one says more than an earlier one, and stands for both.
public enum JobAction: String, Sendable, CaseIterable, Comparable {
    case changed, created, deleted

    public static func < (first: JobAction, second: JobAction) -> Bool {
        (allCases.firstIndex(of: first) ?? 0) < (allCases.firstIndex(of: second) ?? 0)
    }
}

// MARK: - The notice

extension Happening {
    static let topic = "events"

    /// What Postgres takes is under 8,000 bytes.
    private static let mostBytes = 7_900

    /// The statement that tells of all of them, where anybody listens: for the end of the transaction in which they happen. One for all.
    static func notice(_ happenings: [Happening], _ database: Database) -> Query {
        """
        SELECT pg_notify(\(database.qualified(channel: topic)), \(payload(happenings)))
        WHERE EXISTS (SELECT FROM event_listeners WHERE until > now())
        """
    }

    /// The same in one statement with what ends executions: a CTE that tells of the `rows` (`organization_id`, `id`) of another. It must be
    /// asked for its count, or it tells nothing.
    static func notice(ofEndedIn rows: Query, _ database: Database) -> Query {
        """
        SELECT pg_notify(\(database.qualified(channel: topic)), CASE
            WHEN length(string_agg(whole, E'\\n')) <= \(mostBytes) THEN string_agg(whole, E'\\n')
            WHEN length(string_agg(coarse, E'\\n')) <= \(mostBytes) THEN string_agg(coarse, E'\\n') ELSE '*' END)
        FROM (
            SELECT \(hex("organization_id")) || string_agg(' e' || \(hex("id")), '') AS whole, \(hex("organization_id")) || ' *' AS coarse
            FROM \(rows) WHERE EXISTS (SELECT FROM event_listeners WHERE until > now()) GROUP BY organization_id
        ) lines HAVING count(*) > 0
        """
    }

    /// SQL: the call that tells, of the rows it goes over, that alerts of the organizations `id` have changed.
    static func notify(alertsOf id: Query, _ database: Database) -> Query {
        let lines: Query = "string_agg(\(hex(id)) || ' a', E'\\n')"
        return "pg_notify(\(database.qualified(channel: topic)), CASE WHEN length(\(lines)) <= \(mostBytes) THEN \(lines) ELSE '*' END)"
    }

    /// SQL: an id as it stands in a notice.
    private static func hex(_ id: Query) -> Query { "replace(\(id)::text, '-', '')" }

    /// A line for each organization: its id, then what happened there, or `*` where that was too much to be told.
    static func payload(_ happenings: [Happening]) -> String {
        let groups = Dictionary(grouping: happenings, by: \.organization).sorted { $0.key.text < $1.key.text }
        let whole = groups.map { ([$0.key.hex] + $0.value.map(\.word)).joined(separator: " ") }.joined(separator: "\n")
        if whole.utf8.count <= mostBytes { return whole }
        let coarse = groups.map { $0.key.hex + " *" }.joined(separator: "\n")
        return coarse.utf8.count <= mostBytes ? coarse : "*"
    }

    private var word: String {
        switch kind {
        case .execution(let id): "e" + id.hex
        case .alerts: "a"
        case .job(let id, let action): String(action.rawValue.prefix(2)) + id.hex
        }
    }

    /// What a notice said.
    enum Heard: Equatable {
        case all
        /// By organization; nil: more than could be told.
        case some([ID<Organization>: [Kind]?])

        init(_ payload: String) {
            if payload == "*" {
                self = .all
                return
            }
            var heard: [ID<Organization>: [Kind]?] = [:]
            for line in payload.split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let organization = words.first.flatMap({ ID<Organization>(hex: $0) }) else { continue }
                heard[organization] = .some(words.dropFirst().first == "*" ? nil : words.dropFirst().compactMap(Kind.init))
            }
            self = .some(heard)
        }
    }
}

extension Happening.Kind {
    fileprivate init?(_ word: Substring) {
        if word == "a" {
            self = .alerts
        } else if word.first == "e", let id = ID<Execution>(hex: word.dropFirst()) {
            self = .execution(id)
        } else if let action = JobAction.allCases.first(where: { word.hasPrefix($0.rawValue.prefix(2)) }),
            let id = ID<Job>(hex: word.dropFirst(2))
        {
            self = .job(id, action)
        } else {
            return nil
        }
    }
}
