import Testing

/// Gives each test a database of its own, ``TestDatabase/current``:
///
///     @Suite(.database) struct JobsTests {
///         @Test func aJobIsMade() async throws {
///             let database = TestDatabase.current.database
public struct DatabaseTrait: TestTrait, SuiteTrait, TestScoping {
    /// On a suite it is meant for each test in it.
    public var isRecursive: Bool { true }

    /// Lends the schema for as long as the test runs; waits while eight tests have one.
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let schemas = try await TestCluster.shared.schemas()
        try await schemas.withSchema { database in
            try await TestDatabase.$shared.withValue(database) { try await function() }
        }
    }
}

extension Trait where Self == DatabaseTrait {
    /// A database of the test's own.
    public static var database: Self { Self() }
}
