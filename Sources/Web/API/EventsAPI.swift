import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Scheduling
import Tenancy

extension API {
    /// `/api/events`
    public static func events(_ events: Events, _ jobs: Jobs) -> [Operation] {
        [
            Operation(
                .get, "/api/events", id: "streamEvents", summary: "What happens, as it happens, as server-sent events",
                description: """
                    Told are jobs as they are created, changed, paused by their targets and deleted, and executions as they end, however they \
                    end, in the shapes that they have in lists. Not told: that an execution is queued, begins, is put off or is tried again; \
                    that an execution which stands for many occurrences that did not run (its count) comes to stand for more, which is told \
                    only when it begins; a job's next run and health, which move with its executions; and what ends because the whole \
                    organization is deleted. After a resync something may have been missed: read the lists again.
                    """,
                permission: .seeJobs,
                query: [
                    Field("job", .string(1...104), help: "Of this job only: its id, or key: and its key."),
                    Field("types", .string(1...60), help: "Of these types only, with commas between them: job, execution. Default: all."),
                ], body: .none, answers: [.events]
            ) { call in
                let filter = try await EventStream.Filter(call.query, jobs, for: call.access)
                let stream = try events.open(filter, for: call.access)
                return .events { writer in
                    // Behind the head, so that whoever has asked knows that he is heard.
                    try await writer.write(ByteBuffer(string: "retry: 3000\n\n"))
                    try await stream.run(while: call.mayStill) { try await writer.write(ByteBuffer(string: $0.text)) }
                }
            }
        ]
    }
}

extension EventStream {
    /// How long somebody who may not read any more may go on.
    private static let look: Duration = .seconds(2)

    /// Tells every event until the stream is over, or nobody may read it any more.
    fileprivate func run(while isAllowed: @escaping @Sendable () async -> Bool, _ tell: (Event) async throws -> Void) async throws {
        let watch = Task {
            while !Task.isCancelled, await isAllowed() { try? await Task.sleep(for: Self.look) }
            end()
        }
        defer { watch.cancel() }
        while let event = await next() { try await tell(event) }
    }
}

extension EventStream.Filter {
    fileprivate init(_ query: JSONObject, _ jobs: Jobs, for access: Access) async throws {
        self.init()
        if let words = query["types"]?.string?.split(separator: ",", omittingEmptySubsequences: false) {
            let types = words.map { EventType(rawValue: String($0)) }
            guard types.allSatisfy({ $0 != nil }) else {
                throw InvalidInput(pointer: "/types", code: "not_allowed", detail: "Use job, execution, or both with a comma.")
            }
            self.types = Set(types.compactMap(\.self))
        }
        if let name = query["job"]?.string {
            guard let name = Jobs.Name(name) else { throw Problem.notFound }
            job = try await jobs.find(name, for: access).id
        }
    }
}

extension Events.Refusal: Answerable {
    public var problem: Problem {
        switch self {
        case .tooMany:
            Problem(
                .tooManyRequests, "too_many_streams", "So many event streams are open that there is no room for another. Close one.",
                headers: [.retryAfter: "15"])
        case .stopping: .unavailable
        }
    }
}

extension HTTPField.Name {
    /// Keeps nginx from gathering what is to go out at once.
    static let accelBuffering = named("X-Accel-Buffering")
}
