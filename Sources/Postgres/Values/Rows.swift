import CLibPQ
import Glibc

/// What a statement answered: its rows, and how many it touched. Columns are decoded when they are asked for, on the
/// thread that asks.
public struct Rows: Sendable, RandomAccessCollection {
    let answer: Answer

    public var startIndex: Int { 0 }
    public var endIndex: Int { answer.rowCount }
    public subscript(position: Int) -> Row {
        precondition(position >= 0 && position < answer.rowCount, "row \(position) of \(answer.rowCount)")
        return Row(answer: answer, index: position)
    }

    /// How many rows the statement read, inserted, updated or deleted; 0 for a statement that does neither.
    public var affected: Int { Int(String(cString: PQcmdTuples(answer.result))) ?? 0 }

    /// The statement's kind as the server tells it, such as "COMMIT" or "INSERT 0 1".
    var tag: String { String(cString: PQcmdStatus(answer.result)) }
}

/// One row of an answer.
public struct Row: Sendable {
    let answer: Answer
    let index: Int

    /// The value of the column of that name (the first of them if there are several).
    ///
    ///     let name: String = try row("name")
    ///
    /// Throws `PostgresError` of kind `.decoding` if there is no such column or its type or value does not fit.
    public func callAsFunction<Value: PostgresDecodable>(_ column: String, as type: Value.Type = Value.self) throws(PostgresError) -> Value
    {
        guard let position = answer.position(of: column) else {
            let names = answer.columnNames.joined(separator: ", ")
            throw .decoding("the answer has no column \"\(column)\" but \(names.isEmpty ? "none at all" : names)")
        }
        return try decode(position)
    }

    /// The first columns, in order.
    ///
    ///     let (id, name) = try row.decode(as: (Int64, String?).self)
    ///
    /// Throws `PostgresError` of kind `.decoding` if there are fewer columns or one does not fit.
    public func decode<each Value: PostgresDecodable>(as types: (repeat each Value).Type) throws(PostgresError) -> (repeat each Value) {
        var position = -1
        func next<Next: PostgresDecodable>(_ type: Next.Type) throws(PostgresError) -> Next {
            position += 1
            guard position < answer.columnCount else { throw .decoding("the answer has only \(answer.columnCount) columns") }
            return try decode(position)
        }
        return (repeat try next((each Value).self))
    }

    private func decode<Value: PostgresDecodable>(_ position: Int) throws(PostgresError) -> Value {
        do throws(PostgresError) {
            return try Value.decode(answer.value(row: index, column: position))
        } catch {
            throw .decoding("column \"\(answer.name(position))\": \(error.message)")
        }
    }
}

/// Owns a result of libpq.
///
/// `@unchecked Sendable`: libpq writes to a result only until it hands it out, the functions called here only read it,
/// nobody else has the pointer, and it is freed by the last owner.
final class Answer: @unchecked Sendable {
    let result: OpaquePointer
    let rowCount: Int
    let columnCount: Int

    init(owning result: OpaquePointer) {
        self.result = result
        rowCount = Int(PQntuples(result))
        columnCount = Int(PQnfields(result))
    }

    deinit { PQclear(result) }

    var columnNames: [String] { (0..<columnCount).map(name) }

    func name(_ column: Int) -> String { PQfname(result, Int32(column)).map { String(cString: $0) } ?? "" }

    /// PQfnumber would fold the name to lower case as SQL does; a column is asked for by the very name it has.
    func position(of column: String) -> Int? {
        column.withCString { wanted in
            (0..<columnCount).first { index in PQfname(result, Int32(index)).map { strcmp($0, wanted) == 0 } ?? false }
        }
    }

    func value(row: Int, column: Int) -> PostgresValue {
        let (row, column) = (Int32(row), Int32(column))
        let type = PQftype(result, column)
        if PQgetisnull(result, row, column) == 1 { return PostgresValue(type: type, bytes: nil) }
        let bytes = UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
        return PostgresValue(type: type, bytes: bytes)
    }
}
