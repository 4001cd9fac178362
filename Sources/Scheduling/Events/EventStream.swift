import Postgres
import Synchronization
import Tenancy

/// Something that has happened, as it is written into a stream (WHATWG HTML, "Server-sent events").
public struct Event: Sendable, Equatable {
    public let text: String

    init(_ name: String, _ data: String) { text = "event: \(name)\ndata: \(data)\n\n" }

    private init(text: String) { self.text = text }

    /// Shows that the stream is alive.
    static let heartbeat = Event(text: ": still here\n\n")
    /// The same for who reads names only: a browser does not tell a page of comments.
    static let beat = Event("beat", "{}")

    /// What has changed, by name: `jobs`, `executions`, and each of them by its id; `alerts`.
    init(naming kinds: Set<Happening.Kind>) {
        let names = kinds.flatMap { kind in
            switch kind {
            case .job(let id, _): ["jobs", id.text]
            case .execution(let id): ["executions", id.text]
            case .alerts: ["alerts"]
            }
        }
        self.init("change", Set(names).sorted().joined(separator: " "))
    }

    /// Something may have been missed: whoever reads this looks at everything again.
    static let resync = Event("resync", "{}")
}

/// What one reader is told. What he does not take in time is thrown away, and he is told to look at everything again: what waits here
/// is bounded, and nobody waits for him. It ends when nobody holds it any more.
public final class EventStream: Sendable {
    /// Which events somebody wants.
    public struct Filter: Sendable {
        /// Nil: of all jobs.
        public var job: ID<Job>?
        public var types: Set<EventType>
        /// Only what has changed, and nothing of what it is now: nothing is looked up for it.
        public var namesOnly = false

        public init(job: ID<Job>? = nil, types: Set<EventType> = Set(EventType.allCases)) { (self.job, self.types) = (job, types) }

        /// What a live page wants to know.
        public static var names: Filter {
            var filter = Filter()
            filter.namesOnly = true
            return filter
        }
    }

    /// So many may wait.
    static let most = 256

    private struct State {
        var waiting: [Event] = []
        var reader: CheckedContinuation<Event?, Never>?
        var isOver = false
    }

    let organization: ID<Organization>
    let filter: Filter
    private let state = Mutex(State())
    private let onEnd: @Sendable () -> Void

    init(of organization: ID<Organization>, _ filter: Filter, onEnd: @escaping @Sendable () -> Void) {
        (self.organization, self.filter, self.onEnd) = (organization, filter, onEnd)
    }

    deinit { onEnd() }

    /// The next one; nil: there will be none any more, or the task is cancelled. One reader at a time.
    public func next() async -> Event? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let ready: Event?? = state.withLock { state in
                    if state.isOver || Task.isCancelled { return .some(nil) }
                    if !state.waiting.isEmpty { return state.waiting.removeFirst() }
                    state.reader = reader
                    return nil
                }
                if let ready { reader.resume(returning: ready) }
            }
        } onCancel: {
            end()
        }
    }

    func add(_ event: Event) {
        let reader: CheckedContinuation<Event?, Never>? = state.withLock { state in
            if state.isOver { return nil }
            defer { state.reader = nil }
            if let reader = state.reader { return reader }
            state.waiting = state.waiting.count < Self.most ? state.waiting + [event] : [.resync]
            return nil
        }
        reader?.resume(returning: event)
    }

    /// All others that wait already.
    public func rest() -> [Event] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// What waits is not told any more.
    public func end() {
        let reader = state.withLock { state in
            state.isOver = true
            state.waiting = []
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }

    func wants(_ type: EventType, of job: ID<Job>) -> Bool { filter.types.contains(type) && (filter.job.map { $0 == job } ?? true) }
}

/// What an event is about.
public enum EventType: String, Sendable, CaseIterable {
    /// A job was made, changed or deleted.
    case job
    /// An execution has ended.
    case execution
}
