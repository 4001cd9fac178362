import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite("Events", .database, .timeLimit(.minutes(1))) struct EventsTests {
    private func events(_ scene: Scene) -> Events {
        Events(scene.engine, scene.jobs, scene.executions, over: scene.database, logger: silence)
    }

    /// A stream that has heard that nothing is missed from here on.
    private func open(_ events: Events, _ filter: EventStream.Filter = .init(), for access: Access) async throws -> EventStream {
        let stream = try events.open(filter, for: access)
        #expect(await stream.next() == .resync)
        return stream
    }

    private func next(_ stream: EventStream) async throws -> (name: String, data: JSON) {
        while true {
            let text = try #require(await stream.next()).text
            if text.hasPrefix(":") { continue }
            let lines = text.split(separator: "\n").map(String.init)
            return (String(lines[0].dropFirst(7)), try JSON(parsing: Array(lines[1].dropFirst(6).utf8)))
        }
    }

    @Test("tell what becomes of jobs, in their one shape") func jobs() async throws {
        let scene = try await Scene()
        let stream = try await open(events(scene), for: scene.acme)
        let job = try await scene.jobs.create(.probe(["every": "1h"]), for: scene.acme)
        let made = try await next(stream)
        #expect(made.name == "job" && made.data["action"] == "created" && made.data["job"] == scene.jobs.json(job))
        _ = try await scene.jobs.change(.id(job.id), ["name": "Other"], for: scene.acme)
        let changed = try await next(stream)
        #expect(changed.data["action"] == "changed" && changed.data["job"]?["name"] == "Other")
        try await scene.jobs.delete(.id(job.id), for: scene.acme)
        let deleted = try await next(stream)
        #expect(deleted.data["action"] == "deleted" && deleted.data["job"]?["id"] == .string(job.id.text))
    }

    @Test("tell of executions that end, as they stand in lists") func executions() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(.null), for: scene.acme)
        let stream = try await open(events(scene), for: scene.acme)
        try await scene.enqueue(job, at: [scene.engine.clock.now()])
        var outcome = Outcome(reason: .httpStatus, statusCode: 500)
        outcome.record.responseBody = [UInt8](repeating: 0x61, count: 5_000)
        try await scene.complete(try await scene.claim(), outcome)
        let ended = try await next(stream)
        #expect(ended.name == "execution")
        #expect(try await ended.data == scene.ended()[0].json)
        #expect(ended.data["response"]?["body"]?.string?.count == 1_024)
    }

    enum Ending: CaseIterable { case cancelled, withdrawn, lost, deleted, skipped, surplus }

    @Test("tell of what ends without having run to its end", arguments: Ending.allCases) func endings(ending: Ending) async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(.probe(.null, ["overlap": "queue"]), for: scene.acme)
        let now = scene.engine.clock.now()
        let ids = try await scene.enqueue(job, at: [now.adding(.seconds(-2)), now.adding(.seconds(-1))], held: true)
        try await scene.database.query("UPDATE queue SET held = false WHERE id = \(ids[0])")
        let claims = ending == .withdrawn || ending == .lost ? try await scene.claim() : []
        if ending == .deleted { try await scene.database.query("DELETE FROM queue WHERE id = \(ids[1])") }
        let stream = try await open(events(scene), .init(types: [.execution]), for: scene.acme)
        switch ending {
        case .cancelled:
            _ = try await scene.executions.cancel(try await scene.executions.execution(ids[1], for: scene.acme), for: scene.acme)
        case .withdrawn:
            _ = try await scene.executions.cancel(try await scene.executions.execution(ids[0], for: scene.acme), for: scene.acme)
            #expect(try await scene.queue.withdraw(claims, now: now).count == 1)
        case .lost:
            try await scene.database.query("UPDATE queue SET crashes = 1 WHERE id = \(ids[0])")
            let lost = claims.map { (organizationID: $0.organizationID, lease: $0.lease) }
            #expect(try await scene.queue.lose(.refusedOutcome(lost), now: now) == 1)
        case .deleted: try await scene.jobs.delete(.id(job.id), for: scene.acme)
        case .skipped:
            try await scene.enqueue(job, at: [now.adding(.milliseconds(-1_500))], held: true)
            try await scene.complete(try await scene.claim())
            #expect(try await next(stream).data["status"] == "success")
            try await scene.queue.release(after: nil, now: scene.engine.clock.now())
        case .surplus:
            try await scene.enqueue(job, at: [now.adding(.milliseconds(-1_500))], held: true)
            _ = try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme)
        }
        let told = try await next(stream)
        #expect(told.name == "execution")
        let ended = try #require(try await scene.ended().first { $0.status != .success })
        #expect(told.data == ended.json)
    }

    @Test("told by the database are told as those told by a node") func noticeOfRows() async throws {
        let scene = try await Scene()
        _ = try await scene.database.query("INSERT INTO event_listeners VALUES (\(ID<Node>()), now() + interval '1 hour')")
        let organizations = (0..<300).map { _ in ID<Organization>() }
        /// What is heard of so many executions of each of so many organizations.
        func heard(_ count: Int, of organizations: ArraySlice<ID<Organization>>) async throws -> (ids: [ID<Execution>], Happening.Heard?) {
            let ids = (0..<count * organizations.count).map { _ in ID<Execution>() }
            let owners = ids.indices.map { organizations[organizations.startIndex + $0 % organizations.count] }
            let rows: Query = "(SELECT * FROM unnest(\(owners), \(ids)) AS t (organization_id, id)) t"
            let notes = scene.database.listen(to: Happening.topic)
            for await note in notes {
                switch note {
                case .reconnected: try await scene.database.query(Happening.notice(ofEndedIn: rows, scene.database))
                case .received(let payload): return (ids, Happening.Heard(payload))
                }
            }
            return (ids, nil)
        }
        let few = try await heard(2, of: organizations[..<1])
        #expect(few.1 == Happening.Heard.some([organizations[0]: few.ids.map { .execution($0) }]))
        let coarse = try await heard(5, of: organizations[..<200])
        #expect(coarse.1 == Happening.Heard.some(Dictionary(uniqueKeysWithValues: organizations[..<200].map { ($0, nil) })))
        #expect(try await heard(1, of: organizations[...]).1 == Happening.Heard.all)
    }

    @Test("are what was asked for, and nobody else's") func filters() async throws {
        let scene = try await Scene()
        let other = try await scene.found("Other")
        let (first, second) = (
            try await scene.jobs.create(.probe(.null), for: scene.acme), try await scene.jobs.create(.probe(.null), for: scene.acme)
        )
        let events = events(scene)
        let ofFirst = try await open(events, .init(job: first.id, types: [.job]), for: scene.acme)
        let executions = try events.open(.init(types: [.execution]), for: scene.acme)
        let others = try events.open(.init(), for: other)
        _ = try await scene.jobs.change(.id(second.id), ["name": "b"], for: scene.acme)
        try await scene.enqueue(second, at: [scene.engine.clock.now()])
        try await scene.complete(try await scene.claim())
        #expect(try await next(executions).data["job_id"] == .string(second.id.text))
        _ = try await scene.jobs.change(.id(first.id), ["name": "a"], for: scene.acme)
        #expect(try await next(ofFirst).data["job"]?["name"] == "a")
        let theirs = try await scene.jobs.create(.probe(.null), for: other)
        #expect(try await next(others).data["job"]?["id"] == .string(theirs.id.text))
    }

    @Test("are told to nobody where nobody listens") func nobody() async throws {
        let scene = try await Scene()
        let notice = Happening.notice([.job(ID(), .created, of: scene.acme.organization.id)], scene.database)
        #expect(try await scene.database.query(notice).isEmpty)
        var stream: EventStream? = try await open(events(scene), for: scene.acme)
        #expect(try await !scene.database.query(notice).isEmpty)
        withExtendedLifetime(stream) {}
        stream = nil
        try await until("nobody listens any more") { try await scene.database.query(notice).isEmpty }
    }

    @Test("end for whoever is over, all at once, and there are no others") func end() async throws {
        let scene = try await Scene()
        let events = events(scene)
        let stream = try await open(events, for: scene.acme)
        events.end()
        #expect(await stream.next() == nil)
        #expect(throws: Events.Refusal.stopping) { try events.open(.init(), for: scene.acme) }
    }

    @Test("have so many streams for an organization, and one that is let go makes room") func limit() async throws {
        let scene = try await Scene()
        let events = events(scene)
        var streams = try (0..<Events.mostOfOrganization).map { _ in try events.open(.init(), for: scene.acme) }
        #expect(throws: Events.Refusal.tooMany) { try events.open(.init(), for: scene.acme) }
        _ = try events.open(.init(), for: try await scene.found("Other"))
        streams.removeLast()
        streams.append(try events.open(.init(), for: scene.acme))
        #expect(throws: Events.Refusal.tooMany) { try events.open(.init(), for: scene.acme) }
    }

    @Test("that somebody does not take are thrown away, and he is told to look at everything") func slow() async {
        let stream = EventStream(of: ID(), .init()) {}
        for index in 0...EventStream.most { stream.add(Event("job", "\(index)")) }
        #expect(await stream.next() == .resync)
        stream.add(Event("job", "later"))
        #expect(await stream.next() == Event("job", "later"))
    }

    @Test("fit into one notice, whatever happens") func notices() throws {
        let organizations = (0..<300).map { _ in ID<Organization>() }
        let few: [Happening] = [
            .execution(ID(), of: organizations[0]), .job(ID(), .created, of: organizations[0]), .job(ID(), .deleted, of: organizations[1]),
        ]
        guard case .some(let heard) = Happening.Heard(Happening.payload(few)) else { throw NeverHappened("it was told") }
        #expect(heard[organizations[0]] == .some(few[..<2].map(\.kind)) && heard[organizations[1]] == .some([few[2].kind]))
        let many = organizations[..<200].flatMap { organization in (0..<5).map { _ in Happening.execution(ID(), of: organization) } }
        guard case .some(let coarse) = Happening.Heard(Happening.payload(many)) else { throw NeverHappened("it was told") }
        #expect(coarse.count == 200 && coarse.values.allSatisfy { $0 == nil } && Happening.payload(many).utf8.count < 8_000)
        #expect(Happening.Heard(Happening.payload(organizations.map { .execution(ID(), of: $0) })) == .all)
        #expect(Happening.Heard("nonsense\n\norg x") == .some([:]))
    }
}
