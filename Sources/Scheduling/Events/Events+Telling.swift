import JSON
import Postgres
import Tenancy

/// Hearing what has happened, and telling it.
extension Events {
    private static let beat: Duration = .seconds(15)
    /// So long what happens is gathered, so that it is looked up together.
    private static let pause: Duration = .milliseconds(50)
    /// Of one organization at a time: of more, its streams are told to look for themselves.
    private static let mostTold = 200
    /// So long others tell us, unless we say again that we listen.
    private static let listening: Query = "interval '20 seconds'"

    func work() async {
        await withTaskGroup { tasks in
            tasks.addTask { await self.listen() }
            tasks.addTask { await self.beat() }
            tasks.addTask { await self.tell() }
        }
        // Others may have opened streams, or other nodes' rows be there: only ours goes, and it comes back within seconds if it must.
        _ = try? await Task { try await database.query("DELETE FROM event_listeners WHERE node_id = \(engine.node)") }.value
    }

    /// From the first `.reconnected` on nothing is missed; what was said before a later one may have been.
    private func listen() async {
        for await said in database.listen(to: Happening.topic) {
            switch said {
            case .received(let payload): hear(Happening.Heard(payload))
            case .reconnected: await announce()
            }
        }
    }

    /// Says that this node listens. What happened before that nobody has told us.
    private func announce() async {
        do {
            let fresh = try await database.query(
                """
                INSERT INTO event_listeners AS l (node_id, until) VALUES (\(engine.node), now() + \(Self.listening))
                ON CONFLICT (node_id) DO UPDATE SET until = excluded.until
                """)
            _ = fresh
        } catch {
            if !Task.isCancelled { logger.warning("event streams could not be announced", metadata: ["error": "\(error)"]) }
        }
        tellAll(.resync)
    }

    private func beat() async {
        var count = 0
        while true {
            try? await Task.sleep(for: .seconds(5))
            if Task.isCancelled { return }
            count += 1
            if count % 3 == 0 { tellAll(.heartbeat) }
            await announceAgain()
        }
    }

    /// Where our word has run out, something may have gone untold.
    private func announceAgain() async {
        do {
            let kept = try await database.query(
                "UPDATE event_listeners SET until = now() + \(Self.listening) WHERE node_id = \(engine.node) AND until > now()")
            if kept.affected == 0 { await announce() }
            try await database.query("DELETE FROM event_listeners WHERE until < now() - interval '1 minute'")
        } catch {
            if !Task.isCancelled { logger.warning("event streams could not be announced", metadata: ["error": "\(error)"]) }
        }
    }

    private func hear(_ heard: Happening.Heard) {
        guard case .some(let news) = heard else { return tellAll(.resync) }
        state.withLock { state in
            for (organization, kinds) in news where state.streams.values.contains(where: { $0.organization == organization }) {
                let known = state.pending[organization] ?? .some([])
                let all = kinds.flatMap { kinds in known.map { $0.union(kinds) } }
                state.pending[organization] = .some(all.flatMap { $0.count <= Self.mostTold ? $0 : nil })
            }
        }
    }

    private func tell() async {
        while true {
            try? await Task.sleep(for: Self.pause)
            if Task.isCancelled { return }
            let news = state.withLock { state in
                defer { state.pending = [:] }
                return state.pending
            }
            for (organization, kinds) in news { await tell(kinds, of: organization) }
        }
    }

    private func tell(_ kinds: Set<Happening.Kind>?, of organization: ID<Organization>) async {
        let streams = state.withLock { $0.streams(of: organization) }
        guard !streams.isEmpty else { return }
        guard let kinds else { return streams.forEach { $0.add(.resync) } }
        for stream in streams where stream.filter.namesOnly { stream.add(Event(naming: kinds)) }
        let curious = streams.filter { !$0.filter.namesOnly }
        guard !curious.isEmpty else { return }
        do {
            for (type, job, event) in try await events(of: kinds, in: organization) {
                for stream in curious where stream.wants(type, of: job) { stream.add(event) }
            }
        } catch {
            logger.warning("what happened could not be looked up", metadata: ["error": "\(error)"])
            for stream in curious { stream.add(.resync) }
        }
    }

    private func events(
        of kinds: Set<Happening.Kind>, in organization: ID<Organization>
    ) async throws -> [(EventType, ID<Job>, Event)] {
        var (actions, ended) = ([ID<Job>: JobAction](), [ID<Execution>]())
        for kind in kinds {
            switch kind {
            case .job(let id, let action): actions[id] = max(action, actions[id] ?? action)
            case .execution(let id): ended.append(id)
            case .alerts: break  // Pages look for themselves.
            }
        }
        var events: [(EventType, ID<Job>, Event)] = []
        for job in actions.isEmpty ? [] : try await jobs.all(Array(actions.keys), of: organization) {
            let action = actions[job.id] ?? .changed
            let data: JSON = ["action": .string(action.rawValue), "job": jobs.json(job)]
            events.append((.job, job.id, Event("job", String(decoding: data.bytes(), as: UTF8.self))))
        }
        for execution in ended.isEmpty ? [] : try await executions.ended(ended, of: organization) {
            events.append((.execution, execution.jobID, Event("execution", String(decoding: execution.json.bytes(), as: UTF8.self))))
        }
        return events
    }
}
