import Logging
import Postgres
import Synchronization
import Tenancy

/// The door to what happens, as it happens, for programs and pages. It listens to the database, on whichever node it happened, and
/// looks things up, only while this node has streams; and nobody is told anything while no node has any.
///
/// A stream begins where it was opened: whoever opens one, again too, looks at everything first.
public final class Events: Sendable {
    /// Why there is no stream for somebody.
    public enum Refusal: Error, Sendable, Equatable {
        /// His organization, or all together, have as many as there may be on a node.
        case tooMany
        /// The program is about to end.
        case stopping
    }

    static let mostOfOrganization = 20
    /// Of pages, which people have open: they cost next to nothing.
    static let mostPagesOfOrganization = 100
    /// Of each kind: pages take no room from programs.
    static let most = 500

    struct State {
        var streams: [UInt64: Weak] = [:]
        var seen: UInt64 = 0
        var isOver = false
        /// What was heard and is not told yet; nil: more than is worth looking up.
        var pending: [ID<Organization>: Set<Happening.Kind>?] = [:]
        var work: Task<Void, Never>?

        struct Weak {
            weak var stream: EventStream?
            let organization: ID<Organization>
            let isPage: Bool
        }

        func streams(of organization: ID<Organization>) -> [EventStream] {
            streams.values.filter { $0.organization == organization }.compactMap(\.stream)
        }
    }

    let engine: Engine
    let database: Database
    let jobs: Jobs
    let executions: Executions
    let logger: Logger
    let state = Mutex(State())

    public init(_ engine: Engine, _ jobs: Jobs, _ executions: Executions, over database: Database, logger: Logger) {
        (self.engine, self.jobs, self.executions) = (engine, jobs, executions)
        (self.database, self.logger) = (database, logger)
    }

    /// What happens from now on in the organization. The stream ends when it is let go, and when all do.
    public func open(_ filter: EventStream.Filter, for access: Access) throws(Refusal) -> EventStream {
        let organization = access.organization.id
        let opened: Result<EventStream, Refusal> = state.withLock { state in
            if state.isOver { return .failure(.stopping) }
            let ofOrganization = state.streams.values.count { $0.organization == organization && $0.isPage == filter.namesOnly }
            let most = filter.namesOnly ? Self.mostPagesOfOrganization : Self.mostOfOrganization
            let alike = state.streams.values.count { $0.isPage == filter.namesOnly }
            guard ofOrganization < most, alike < Self.most else { return .failure(.tooMany) }
            state.seen += 1
            let number = state.seen
            let stream = EventStream(of: organization, filter) { [weak self] in self?.close(number) }
            state.streams[number] = State.Weak(stream: stream, organization: organization, isPage: filter.namesOnly)
            if state.work == nil { state.work = Task { [weak self] in await self?.work() } }
            return .success(stream)
        }
        return try opened.get()
    }

    private func close(_ number: UInt64) {
        state.withLock { state in
            state.streams[number] = nil
            guard state.streams.isEmpty else { return }
            state.work?.cancel()
            state.work = nil
            state.pending = [:]
        }
    }

    /// Ends all streams; there will be no others. The node is about to stop.
    public func end() {
        let streams = state.withLock { state in
            state.isOver = true
            return state.streams.values.compactMap(\.stream)
        }
        for stream in streams { stream.end() }
    }

    func tellAll(_ event: Event) {
        for stream in state.withLock({ $0.streams.values.compactMap(\.stream) }) {
            stream.add(event == .heartbeat && stream.filter.namesOnly ? .beat : event)
        }
    }
}
