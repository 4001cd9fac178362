import Postgres
import Secrets

/// The door to the keys that secrets are sealed with: which of them the database needs, and how one is replaced.
///
/// Every program that seals calls `verify` before it does anything else, so a key is noted before anything is sealed with it.
public struct SealingKeys: Sendable {
    private let database: Database
    private let seal: Seal
    private let columns: [SealedColumn]

    /// `columns`: all that holds envelopes.
    public init(_ database: Database, seal: Seal, columns: [SealedColumn]) {
        (self.database, self.seal, self.columns) = (database, seal, columns)
    }

    /// Secrets are there that this program cannot open.
    public struct Missing: Error, CustomStringConvertible {
        /// Of the keys that are missing.
        public let ids: [String]

        /// One line for the operator.
        public var description: String {
            let keys = (ids.count == 1 ? "the key " : "the keys ") + ids.joined(separator: ", ")
            return "secrets in the database are sealed with \(keys), made of another SECRET_KEY_BASE than this: "
                + "set that one, or add it to SECRET_KEY_BASE_PREVIOUS"
        }
    }

    /// Notes the key that this program seals with. Throws `Missing` where a key is needed that it does not have.
    public func verify() async throws {
        let known = Set(seal.keyIDs)
        let used = try await database.query("SELECT id FROM sealing_keys ORDER BY first_used_at, id").map { try $0("id") as String }
        let missing = used.filter { !known.contains($0) }
        if !missing.isEmpty { throw Missing(ids: missing) }
        if used.contains(seal.newestKeyID) { return }
        try await database.query(
            "INSERT INTO sealing_keys (id, first_used_at) VALUES (\(seal.newestKeyID), now()) ON CONFLICT (id) DO NOTHING")
    }

    /// What a rotation came to.
    public struct Rotation: Sendable {
        /// What was found in one column.
        public struct Column: Sendable {
            /// As `table.column`.
            public let name: String
            public let rows: Int
            public let resealed: Int
            /// Opened by no key of ours, or altered.
            public let unopened: Int
        }

        /// The key that everything which could be opened is sealed with now.
        public let key: String
        public let columns: [Column]
        /// Nothing needs these keys of ours any more.
        public let removable: [String]
        /// Older keys that something is still sealed with, ours or not.
        public let needed: [String]
    }

    /// Seals everything anew that an older key has sealed, beside running programs. What others write meanwhile is looked at once
    /// more. Throws `PostgresError`, `SealError`.
    public func rotate() async throws -> Rotation {
        var found: [Rotation.Column] = []
        var left: Set<String> = []
        for column in columns {
            var walk = try await column.reseal(seal, over: database)
            for _ in 0..<2 where walk.resealed > 0 || !walk.keysLeft.isEmpty {
                let again = try await column.reseal(seal, over: database)
                (walk.rows, walk.unopened, walk.keysLeft) = (again.rows, again.unopened, again.keysLeft)
                walk.resealed += again.resealed
                if again.resealed == 0 { break }
            }
            left.formUnion(walk.keysLeft)
            found.append(.init(name: column.name, rows: walk.rows, resealed: walk.resealed, unopened: walk.unopened))
        }
        left.remove(seal.newestKeyID)
        try await database.query("DELETE FROM sealing_keys WHERE NOT id = ANY(\(left.sorted() + [seal.newestKeyID]))")
        return Rotation(
            key: seal.newestKeyID, columns: found, removable: seal.keyIDs.dropFirst().filter { !left.contains($0) }, needed: left.sorted())
    }
}
