/// One step of the schema: a numbered SQL file. Once released it is never changed; the next change is a new file.
public struct Migration: Sendable {
    /// The file's name without its ending, such as `0001_tenancy`.
    public let name: String
    /// Statements that can run in one transaction; none of BEGIN, COMMIT or CREATE INDEX CONCURRENTLY.
    public let sql: String

    /// Applies nothing: see ``Migrator``.
    public init(name: String, sql: String) { (self.name, self.sql) = (name, sql) }
}

/// Why the schema could not be brought up to date.
public enum MigrationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file is not the one that was applied to this database.
    case changed(name: String)
    /// The server refused it; nothing of it was applied.
    case failed(name: String, PostgresError)

    /// For people.
    public var description: String {
        switch self {
        case .changed(let name):
            """
            The migration \(name) was applied to this database and has been changed since: put migrations/\(name).sql back as \
            it was and write the change as a new migration (or, where the data does not matter, start with an empty database).
            """
        case .failed(let name, let error):
            "The migration \(name) failed, and nothing of it was applied: \(error)"
        }
    }
}
