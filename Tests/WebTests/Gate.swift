/// Holds a handler up until the test lets it go on.
struct Gate: Sendable {
    private let arrivals = AsyncStream.makeStream(of: Void.self)
    private let openings = AsyncStream.makeStream(of: Void.self)

    func pass() async {
        arrivals.continuation.yield()
        for await _ in openings.stream { return }
    }

    func waitForArrival() async { for await _ in arrivals.stream { return } }
    func open() { openings.continuation.yield() }
}
