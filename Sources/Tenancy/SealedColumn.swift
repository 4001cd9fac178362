import Foundation
import Postgres
import Secrets

/// A column that holds envelopes, nulls beside them, and how each is bound to its row. Whoever adds one adds it to the list that the
/// program passes to `SealingKeys`, so that its keys can be changed.
public struct SealedColumn: Sendable {
    /// As `table.column`.
    public var name: String { "\(table).\(column)" }

    let table: String
    let column: String
    let key: [String]
    let place: @Sendable (Row) throws(PostgresError) -> [String]

    /// `key` names the columns of the primary key, which are of type `uuid`, or `bytea` (`bytes`). `place` is what an envelope was sealed with, read from a
    /// row of these columns and those that `place` needs beside (`reading`).
    public init(
        _ table: String, _ column: String = "sealed", key: [String], bytes: Set<String> = [], reading more: [String] = [],
        place: @escaping @Sendable (Row) throws(PostgresError) -> [String]
    ) {
        (self.table, self.column, self.key, self.bytes, self.more, self.place) = (table, column, key, bytes, more, place)
    }

    private let bytes: Set<String>
    private let more: [String]

    /// So many rows at a time.
    private static let batch = 500

    /// What a walk over the column found, and did.
    struct Walk {
        /// Envelopes, in all.
        var rows = 0
        /// Sealed anew with the newest key.
        var resealed = 0
        /// Opened by no key of ours.
        var unopened = 0
        /// The keys of what could not be sealed anew.
        var keysLeft: Set<String> = []
    }

    /// Opens what an older key has sealed and seals it with the newest. What is written meanwhile by others stays as they wrote it.
    func reseal(_ seal: Seal, over database: Database) async throws -> Walk {
        var (walk, last) = (Walk(), [Query]())
        while true {
            let rows = try await database.query(page(behind: last))
            var updates: [(key: String, query: Query)] = []
            for row in rows {
                let envelope: [UInt8] = try row(column)
                walk.rows += 1
                let id = Seal.keyID(of: envelope)
                if id == seal.newestKeyID { continue }
                do {
                    let plain = try seal.open(envelope, in: try place(row))
                    updates.append((id ?? "", try update(row, from: envelope, to: seal.seal(plain, in: try place(row)))))
                } catch is SealError {
                    walk.unopened += 1
                    if let id { walk.keysLeft.insert(id) }
                }
            }
            for (update, answer) in zip(updates, try await database.batch(updates.map(\.query))) {
                walk.resealed += answer.affected
                if answer.affected == 0 { walk.keysLeft.insert(update.key) }
            }
            guard rows.count == Self.batch, let row = rows.last else { return walk }
            last = try key.map { try value(of: $0, in: row) }
        }
    }

    private func page(behind last: [Query]) -> Query {
        let keys = key.map { "\(identifier: $0)" as Query }.joined(separator: ", ")
        let columns = (key + more + [column]).map { "\(identifier: $0)" as Query }.joined(separator: ", ")
        let rest: Query = last.isEmpty ? "" : "AND (\(keys)) > (\(last.joined(separator: ", ")))"
        return """
            SELECT \(columns) FROM \(identifier: table) WHERE \(identifier: column) IS NOT NULL \(rest) ORDER BY \(keys) LIMIT \(Self.batch)
            """
    }

    private func update(_ row: Row, from old: [UInt8], to new: [UInt8]) throws(PostgresError) -> Query {
        var condition: [Query] = ["\(identifier: column) = \(old)"]
        for name in key { condition.append("\(identifier: name) = \(try value(of: name, in: row))") }
        return """
            UPDATE \(identifier: table) SET \(identifier: column) = \(new) WHERE \(condition.joined(separator: " AND "))
            """
    }

    private func value(of name: String, in row: Row) throws(PostgresError) -> Query {
        bytes.contains(name) ? "\(try row(name, as: [UInt8].self))" : "\(try row(name, as: UUID.self))"
    }
}
