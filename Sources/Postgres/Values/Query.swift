/// SQL text and the values bound to it. A value in an interpolation is sent as a parameter and never becomes text:
///
///     let mine: Query = "SELECT name FROM jobs WHERE organization_id = \(organization) AND paused = \(false)"
///     let page: Query = "\(mine) ORDER BY name LIMIT \(50)"
///
/// A query put into another one composes: the parameters are numbered anew. Its `description` is the text with `$1`, `$2`
/// and no values, so it may be logged.
public struct Query: Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// The text around the parameters, one piece more than there are parameters. The text is put together only for a
    /// connection that has not prepared it yet; one that has finds it by these pieces.
    private(set) var pieces: [String]
    private(set) var types: [UInt32] = []
    /// The length of each value in `encoder.bytes`, −1 for NULL; as libpq wants them.
    private(set) var lengths: [Int32] = []
    private(set) var encoder = PostgresEncoder()
    /// Sent with its text each time, so that the server plans it for what the tables hold now. See `plannedAnew`.
    private(set) var isPlannedAnew = false

    /// A query without values.
    public init(stringLiteral text: String) { pieces = [text] }

    /// A query whose text is only known at run time. Whoever calls it answers for what is in the text.
    public init(unsafe text: String) { pieces = [text] }

    public init(stringInterpolation: StringInterpolation) { self = stringInterpolation.query }

    /// The SQL text, with `$1`, `$2`… for the values.
    public var sql: String {
        guard pieces.count > 1 else { return pieces[0] }
        var text = pieces[0]
        for index in 1..<pieces.count { text += "$\(index)" + pieces[index] }
        return text
    }

    public var description: String { sql }

    /// The same query, planned each time that it is sent. The plan of a prepared statement is kept, and one that was made while
    /// tables were nearly empty may look each row up by the wrong index when a herd has come. For what is asked a few times a
    /// second at most: it costs a millisecond or so.
    public var plannedAnew: Query {
        var query = self
        query.isPlannedAnew = true
        return query
    }

    /// Why the query cannot be sent, without the value that is at fault.
    var refusal: String? {
        if types.count > 65_535 { return "\(types.count) values; the server takes 65535" }
        if encoder.bytes.count > 1 << 29 { return "values of more than 512 MiB" }
        return encoder.refusal
    }

    mutating func append(text: String) {
        if pieces[pieces.count - 1].isEmpty {
            pieces[pieces.count - 1] = text
        } else {
            pieces[pieces.count - 1] += text
        }
    }

    mutating func bind<Value: PostgresEncodable>(_ value: Value) {
        let start = encoder.bytes.count
        value.encode(into: &encoder)
        types.append(Value.postgresType.oid)
        lengths.append(encoder.isNull ? -1 : Int32(clamping: encoder.bytes.count - start))
        encoder.isNull = false
        pieces.append("")
    }

    /// Puts one query after the other.
    public static func + (first: Query, second: Query) -> Query {
        var query = first
        query += second
        return query
    }

    /// Appends a query.
    public static func += (query: inout Query, other: Query) {
        query.append(text: other.pieces[0])
        query.pieces += other.pieces.dropFirst()
        query.types += other.types
        query.lengths += other.lengths
        query.encoder.write(other.encoder.bytes)
        if let refusal = other.encoder.refusal { query.encoder.refuse(refusal) }
    }

    /// Collects the pieces and values of an interpolation.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        var query = Query(stringLiteral: "")

        public init(literalCapacity: Int, interpolationCount: Int) {
            query.pieces.reserveCapacity(interpolationCount + 1)
            query.types.reserveCapacity(interpolationCount)
            query.lengths.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ text: String) { query.append(text: text) }

        /// Binds a value.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) { query.bind(value) }

        /// Binds a value, or a NULL of its type. (Without this overload the compiler warns of every optional, as it must
        /// where text is made of it.)
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) where Value?: PostgresEncodable {
            query.bind(value)
        }

        /// Puts another query in this place.
        public mutating func appendInterpolation(_ fragment: Query) { query += fragment }

        /// Puts text in this place, as it is. Whoever writes it answers for what is in the text.
        public mutating func appendInterpolation(unsafe text: String) { query.append(text: text) }

        /// Puts a name of a table, column or schema in this place, quoted.
        public mutating func appendInterpolation(identifier name: String) { query.append(text: quoted(identifier: name)) }
    }
}

extension Sequence<Query> {
    /// The queries one after the other with `separator` between them: conditions with " AND ", columns with ", ".
    public func joined(separator: Query) -> Query {
        reduce(nil as Query?) { joined, next in joined.map { $0 + separator + next } ?? next } ?? ""
    }
}

/// `name` in double quotes, those within doubled.
func quoted(identifier name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
