extension Rows {
    /// The value of a column in the one row that there must be.
    ///
    /// Throws `PostgresError` of kind `.decoding` if there is no row or more than one, or the value does not fit.
    public func only<Value: PostgresDecodable>(_ column: String, as type: Value.Type = Value.self) throws(PostgresError) -> Value {
        guard count == 1 else { throw .decoding("one row was expected, \(count) came") }
        return try self[0](column)
    }
}
