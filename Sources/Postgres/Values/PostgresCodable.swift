import FoundationEssentials
import JSON
import Time

extension Bool: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .bool }

    public func encode(into encoder: inout PostgresEncoder) { encoder.write(self ? 1 : 0 as UInt8) }

    public static func decode(_ value: PostgresValue) throws(PostgresError) -> Bool {
        try PostgresValue.integer(try value.content(.bool, as: Self.self), as: UInt8.self) != 0
    }
}

extension Int16: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .int2 }

    public func encode(into encoder: inout PostgresEncoder) { encoder.write(self) }

    public static func decode(_ value: PostgresValue) throws(PostgresError) -> Int16 {
        try PostgresValue.integer(try value.content(.int2, as: Self.self))
    }
}

/// Reads the narrower integers too.
extension Int32: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .int4 }

    public func encode(into encoder: inout PostgresEncoder) { encoder.write(self) }

    public static func decode(_ value: PostgresValue) throws(PostgresError) -> Int32 {
        let bytes = try value.content(.int4, .int2, as: Self.self)
        if value.type == PostgresType.int2.oid { return Int32(try PostgresValue.integer(bytes, as: Int16.self)) }
        return try PostgresValue.integer(bytes)
    }
}

/// Reads the narrower integers too.
extension Int64: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .int8 }

    public func encode(into encoder: inout PostgresEncoder) { encoder.write(self) }

    public static func decode(_ value: PostgresValue) throws(PostgresError) -> Int64 {
        if value.type == PostgresType.int8.oid, let bytes = value.bytes { return try PostgresValue.integer(bytes) }
        _ = try value.content(.int8, .int4, .int2, as: Self.self)
        return Int64(try Int32.decode(value))
    }
}

/// Bound and read as a bigint; reads the narrower integers too.
extension Int: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .int8 }

    public func encode(into encoder: inout PostgresEncoder) { encoder.write(Int64(self)) }

    public static func decode(_ value: PostgresValue) throws(PostgresError) -> Int { Int(try Int64.decode(value)) }
}

/// Reads `real` too.
extension Double: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .float8 }

    public func encode(into encoder: inout PostgresEncoder) { encoder.write(bitPattern) }

    public static func decode(_ value: PostgresValue) throws(PostgresError) -> Double {
        let bytes = try value.content(.float8, .float4, as: Self.self)
        if value.type == PostgresType.float4.oid { return Double(Float(bitPattern: try PostgresValue.integer(bytes))) }
        return Double(bitPattern: try PostgresValue.integer(bytes))
    }
}

/// Bound as `text`; reads every built-in type whose binary form is its characters.
extension String: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .text }

    public func encode(into encoder: inout PostgresEncoder) { encoder.write(text: self) }

    public static func decode(_ value: PostgresValue) throws(PostgresError) -> String {
        String(decoding: try value.content(.text, .varchar, .name, .bpchar, .char, .json, as: Self.self), as: UTF8.self)
    }
}

/// FoundationEssentials' UUID, which is Foundation's.
extension UUID: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .uuid }

    public func encode(into encoder: inout PostgresEncoder) { withUnsafeBytes(of: uuid) { encoder.write($0) } }

    public static func decode(_ value: PostgresValue) throws(PostgresError) -> UUID {
        let bytes = try value.content(.uuid, as: Self.self)
        guard bytes.count == 16 else { throw .decoding("\(bytes.count) bytes cannot be read as a UUID") }
        return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }
}

/// Bound as `jsonb`, whose binary form is a version, 1, and the text; reads `json` too.
extension JSON: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .jsonb }

    public func encode(into encoder: inout PostgresEncoder) {
        encoder.write(1 as UInt8)
        encoder.write(bytes())
    }

    public static func decode(_ value: PostgresValue) throws(PostgresError) -> JSON {
        var bytes = try value.content(.jsonb, .json, as: Self.self)[...]
        if value.type == PostgresType.jsonb.oid, bytes.popFirst() != 1 { throw .decoding("jsonb of an unknown version") }
        do throws(JSONError) {
            return try JSON(parsing: bytes, wideIntegers: true)
        } catch {
            throw .decoding("invalid JSON: \(error.code)")
        }
    }
}

/// The server counts microseconds from 2000-01-01 and has two instants that are none: they are refused, because nothing
/// that is due "at infinity" should come to look like a date.
extension Timestamp: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .timestamptz }

    private static let microsecondsTo2000: Int64 = 946_684_800_000_000
    private static let earliestOfServer: Int64 = -211_813_488_000_000_000  // 4714-11-24 BC, counted from 2000

    public func encode(into encoder: inout PostgresEncoder) {
        let (sinceServerEpoch, overflow) = microseconds.subtractingReportingOverflow(Self.microsecondsTo2000)
        if overflow || sinceServerEpoch < Self.earliestOfServer { encoder.refuse("a timestamp earlier than the server can store") }
        encoder.write(overflow ? 0 : sinceServerEpoch)
    }

    public static func decode(_ value: PostgresValue) throws(PostgresError) -> Timestamp {
        let sinceServerEpoch: Int64 = try PostgresValue.integer(try value.content(.timestamptz, as: Self.self))
        guard sinceServerEpoch != .max, sinceServerEpoch != .min else { throw .decoding("an infinite timestamp is not an instant") }
        let (microseconds, overflow) = sinceServerEpoch.addingReportingOverflow(microsecondsTo2000)
        guard !overflow else { throw .decoding("a timestamp later than 64 bits of microseconds since 1970 can say") }
        return Timestamp(microseconds: microseconds)
    }
}

extension UUID: PostgresArrayElement, PostgresArrayDecodable {}
extension JSON: PostgresArrayElement, PostgresArrayDecodable {}
extension Timestamp: PostgresArrayElement, PostgresArrayDecodable {}
