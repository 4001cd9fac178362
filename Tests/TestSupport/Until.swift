/// What a test waited for did not come.
public struct NeverHappened: Error, CustomStringConvertible {
    /// What did not come, as whoever waited for it said.
    public let description: String

    /// Says what did not come.
    public init(_ description: String) { self.description = description }
}

/// Asks until the answer is yes, for 30 s: only a hang takes longer, on whatever machine.
///
/// With a pause after each question: without one, those who wait take from a busy machine the very time that what they wait
/// for needs.
public func until(_ complaint: String, _ condition: () async throws -> Bool) async throws {
    let limit = ContinuousClock.now + .seconds(30)
    while try await !condition() {
        guard ContinuousClock.now < limit else { throw NeverHappened(complaint) }
        try await Task.sleep(for: .milliseconds(5))
    }
}
