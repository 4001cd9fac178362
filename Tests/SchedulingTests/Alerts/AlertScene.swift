import JSON
import Mail
import Postgres
import Secrets
import Synchronization
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// An organization with its incidents, and channels that answer what the test says.
struct AlertScene: Sendable {
    let scene: Scene
    let notifier: Notifier
    let deliverer: Deliverer
    let vendor: Vendor
    let secrets: ChannelSecrets
    let begin: Timestamp

    /// What channels of the kind `vendor` are called with, and answer.
    final class Vendor: ChannelKind {
        static let kind = "vendor"
        static let label = "Vendor"
        static let fields: [Field] = []

        struct Call: Sendable {
            let message: AlertMessage
            let id: ID<Delivery>
            let url: String
        }

        private let answer: @Sendable (Call) async -> DeliveryFailure?
        private let heard = Mutex<[Call]>([])
        var calls: [Call] { heard.withLock { $0 } }

        init(_ answer: @escaping @Sendable (Call) async -> DeliveryFailure?) { self.answer = answer }

        func recognises(_ url: String) -> Bool { false }
        func check(_ settings: JSON) -> [FieldError] { [] }
        func deliver(
            _ message: AlertMessage, id: ID<Delivery>, settings: JSON, signingSecrets: [[UInt8]], of organization: ID<Organization>
        ) async throws(DeliveryFailure) -> DeliveryAnswer {
            let call = Call(message: message, id: id, url: settings["url"]?.string ?? "")
            heard.withLock { $0.append(call) }
            if let failure = await answer(call) { throw failure }
            return DeliveryAnswer(statusCode: 200, text: "ok")
        }
    }

    init(answering answer: @escaping @Sendable (Vendor.Call) async -> DeliveryFailure? = { _ in nil }) async throws {
        let seal = try #require(Scene.seal)
        (scene, secrets, vendor) = (try await Scene(), ChannelSecrets(seal), Vendor(answer))
        let place = "https://prikke.test"
        let links = AlertLinks(
            incident: { "\(place)/\($0)/incidents/\($1)" }, incidents: { "\(place)/\($0)/alerts" },
            execution: { "\(place)/\($0)/executions/\($1)" }, channel: { "\(place)/\($0)/channels/\($1)" },
            channels: { "\(place)/\($0)/channels" }, usage: { "\(place)/\($0)/settings" }, leaving: { "\(place)/leave/\($0)" })
        let mail = AlertMail(Outbox(seal: seal, bell: scene.database), secrets: secrets, links: links)
        notifier = Notifier(scene.engine, over: scene.database, mail: mail, links: links, logger: silence)
        deliverer = Deliverer(
            scene.engine, over: scene.database, kinds: ChannelKinds([vendor]), mail: mail, signing: try #require(Scene.signing),
            logger: silence)
        begin = scene.engine.clock.now()
        try await scene.database.query("DELETE FROM channels")
    }

    var database: Database { scene.database }
    var organization: ID<Organization> { scene.acme.organization.id }
    func at(_ seconds: Int64) -> Timestamp { begin.adding(.seconds(seconds)) }

    @discardableResult
    func channel(_ kind: String = "vendor", _ settings: JSON = ["url": "https://example.com/hook"], in access: Access? = nil) async throws
        -> ID<Channel>
    {
        let (id, owner) = (ID<Channel>(), (access ?? scene.acme).organization.id)
        try await database.query(
            """
            INSERT INTO channels (organization_id, id, kind, name, sealed, shown, confirmed_at, enabled, created_at, updated_at)
            VALUES (\(owner), \(id), \(kind), 'Ops', \(secrets.seal(settings, of: id, owner)), 'example.com…hook', \(begin), true,
                \(begin), \(begin))
            """)
        return id
    }

    @discardableResult
    func open(_ incident: Incident, in access: Access? = nil) async throws -> Incident {
        try await database.query(
            """
            INSERT INTO incidents (organization_id, id, kind, job_id, host, subject, reason, detail, execution_id, count, opened_at, look_at)
            VALUES (\((access ?? scene.acme).organization.id), \(incident.id), \(incident.kind.rawValue), \(incident.jobID), \(incident.host),
                \(incident.subject), \(incident.reason?.rawValue), \(incident.detail), \(incident.executionID), \(Int32(incident.count)),
                \(incident.openedAt), \(incident.openedAt))
            """)
        return incident
    }

    func close(_ incident: Incident, at time: Timestamp) async throws {
        try await database.query("UPDATE incidents SET closed_at = \(time), look_at = \(time) WHERE id = \(incident.id)")
    }

    /// One that fails from then on.
    @discardableResult
    func failing(_ seconds: Int64 = 0, name: String = "Nightly export") async throws -> Incident {
        let job = try await scene.jobs.create(.probe(["every": "1h"], ["name": .string(name)]), for: scene.acme)
        return try await open(.test(.failing, job: job.id, openedAt: at(seconds)))
    }

    /// The notifier and the deliverer, as they would look then.
    func pass(_ seconds: Int64) async throws {
        try await notifier.look(at: at(seconds))
        try await deliverer.round(at: at(seconds))
    }

    /// `status error` of each delivery, oldest first.
    func deliveries() async throws -> [String] {
        try await database.query("SELECT event, status, error FROM deliveries ORDER BY created_at, id").map { row in
            let error: String? = try row("error")
            return "\(try row("event") as String) \(try row("status") as String)" + (error.map { ": \($0)" } ?? "")
        }
    }

    func number(_ query: Query) async throws -> Int64 { try await database.query("SELECT count(*) AS n FROM \(query)").only("n") }
}
