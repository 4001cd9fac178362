/// A type of the server: its object id, and that of its array. Both are fixed for the built-in types.
public struct PostgresType: Sendable, Hashable {
    /// The row of `pg_type`.
    public let oid: UInt32
    /// The row of `pg_type` of an array of it; 0 where there is none of use, as for arrays themselves.
    public let arrayOID: UInt32

    /// Names a type of the server by its ids in `pg_type`.
    public init(oid: UInt32, arrayOID: UInt32) { (self.oid, self.arrayOID) = (oid, arrayOID) }

    public static let bool = PostgresType(oid: 16, arrayOID: 1000)
    public static let bytea = PostgresType(oid: 17, arrayOID: 1001)
    public static let char = PostgresType(oid: 18, arrayOID: 1002)
    public static let name = PostgresType(oid: 19, arrayOID: 1003)
    public static let int8 = PostgresType(oid: 20, arrayOID: 1016)
    public static let int2 = PostgresType(oid: 21, arrayOID: 1005)
    public static let int4 = PostgresType(oid: 23, arrayOID: 1007)
    public static let text = PostgresType(oid: 25, arrayOID: 1009)
    public static let json = PostgresType(oid: 114, arrayOID: 199)
    public static let float4 = PostgresType(oid: 700, arrayOID: 1021)
    public static let float8 = PostgresType(oid: 701, arrayOID: 1022)
    public static let bpchar = PostgresType(oid: 1042, arrayOID: 1014)
    public static let varchar = PostgresType(oid: 1043, arrayOID: 1015)
    public static let timestamptz = PostgresType(oid: 1184, arrayOID: 1185)
    public static let uuid = PostgresType(oid: 2950, arrayOID: 2951)
    public static let jsonb = PostgresType(oid: 3802, arrayOID: 3807)

    /// What SQL calls the type with this id, for error texts; "type 12345" for one this client does not know.
    static func name(of oid: UInt32) -> String {
        if let name = names[oid] { return name }
        if let element = all.first(where: { $0.arrayOID == oid }) { return name(of: element.oid) + "[]" }
        return "type \(oid)"
    }

    static func isArray(_ oid: UInt32) -> Bool { arrays.contains(oid) }

    private static let arrays = Set(all.map(\.arrayOID))

    private static let all = [
        bool, bytea, char, name, int8, int2, int4, text, json, float4, float8, bpchar, varchar, timestamptz, uuid, jsonb,
    ]

    private static let names: [UInt32: String] = [
        16: "boolean", 17: "bytea", 18: "\"char\"", 19: "name", 20: "bigint", 21: "smallint", 23: "integer", 25: "text", 26: "oid",
        114: "json", 700: "real", 701: "double precision", 705: "unknown", 869: "inet", 1042: "character", 1043: "varchar",
        1082: "date", 1083: "time", 1114: "timestamp without time zone", 1184: "timestamp with time zone", 1186: "interval",
        1700: "numeric", 2249: "record", 2278: "void", 2950: "uuid", 3802: "jsonb",
    ]
}
