import Foundation
import JSON
import Postgres
import TestSupport
import Testing
import Time

private enum Widget: Identified {
    static let prefix = "widget"
}

private enum Colour: String, PostgresCodable, PostgresArrayElement, PostgresArrayDecodable {
    case red, green
}

/// Each value is sent in binary, compared by the server with what it reads from text, and read back in binary.
@Suite(.database) struct BinaryFormatTests {
    private func check<Value: PostgresCodable & Equatable>(
        _ value: Value, _ text: String, _ type: String, on database: Database, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let rows = try await database.query("SELECT \(value) AS value, \(value) IS NOT DISTINCT FROM \(text)::\(unsafe: type) AS same")
        #expect(try rows[0]("value") == value, sourceLocation: location)
        #expect(try rows[0]("same") == true, "\(type)", sourceLocation: location)
    }

    @Test func scalarsGoAndComeBackUnchanged() async throws {
        try await Scratch.with { scratch in
            let database = scratch.database
            for (value, text) in [(true, "true"), (false, "false")] { try await check(value, text, "boolean", on: database) }
            for value in [Int16.min, -1, 0, .max] { try await check(value, "\(value)", "smallint", on: database) }
            for value in [Int32.min, -1, 0, .max] { try await check(value, "\(value)", "integer", on: database) }
            for value in [Int64.min, -1, 0, .max] { try await check(value, "\(value)", "bigint", on: database) }
            for value in [Int.min, 7, .max] { try await check(value, "\(value)", "bigint", on: database) }
            for value in [0.1, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude] {
                try await check(value, "\(value)".replacing("inf", with: "Infinity"), "double precision", on: database)
            }
            for value in ["", "it's \"é\" 🕰\u{301}", String(repeating: "ab", count: 100_000)] {
                try await check(value, value, "text", on: database)
            }
            try await check([0, 255, 92] as [UInt8], "\\x00ff5c", "bytea", on: database)
            try await check([] as [UInt8], "\\x", "bytea", on: database)
            let uuid = UUID()
            try await check(uuid, uuid.uuidString, "uuid", on: database)
            try await check(["a": [1, nil, "é", 2.5]] as JSON, #"{"a": [1, null, "é", 2.5]}"#, "jsonb", on: database)
            try await check(Colour.green, "green", "text", on: database)
        }
    }

    @Test func anIDIsAUUIDInTheDatabase() async throws {
        try await Scratch.with { scratch in
            let ids = [ID<Widget>(), ID<Widget>()]
            let rows = try await scratch.database.query("SELECT \(ids[0]) AS id, pg_typeof(\(ids[0]))::text AS type, \(ids) AS ids")
            #expect(try rows[0]("id") == ids[0])
            #expect(try rows[0]("type") == "uuid")
            #expect(try rows[0]("ids") == ids)
        }
    }

    @Test func timestampsReachToTheServersLimits() async throws {
        try await Scratch.with { scratch in
            let cases: [(Int64, String)] = [
                (0, "1970-01-01 00:00:00Z"), (946_684_800_000_000, "2000-01-01 00:00:00Z"), (-1, "1969-12-31 23:59:59.999999Z"),
                (1_764_000_000_123_456, "2025-11-24 16:00:00.123456Z"),
                (9_223_371_244_799_999_999, "294246-12-31 23:59:59.999999Z"),
                (-210_866_803_200_000_000, "4714-11-24 00:00:00Z BC"),
            ]
            for (microseconds, text) in cases {
                try await check(Timestamp(microseconds: microseconds), text, "timestamptz", on: scratch.database)
            }
        }
    }

    @Test func instantsThatAreNoneAreRefused() async throws {
        try await Scratch.with { scratch in
            for text in ["infinity", "-infinity", "294276-12-31 00:00:00Z"] {
                let rows = try await scratch.database.query("SELECT \(text)::timestamptz AS at")
                #expect(throws: PostgresError.self) { try rows[0]("at", as: Timestamp.self) }
            }
            for microseconds in [Int64.min, -210_866_803_200_000_001] {
                let error = try await failure { try await scratch.database.query("SELECT \(Timestamp(microseconds: microseconds))") }
                #expect(error.kind == .invalidQuery)
            }
        }
    }

    @Test func nilIsATypedNull() async throws {
        try await Scratch.with { scratch in
            let rows = try await scratch.database.query("SELECT \(nil as Timestamp?) AS at, pg_typeof(\(nil as JSON?))::text AS type")
            #expect(try rows[0]("at", as: Timestamp?.self) == nil)
            #expect(try rows[0]("type") == "jsonb")
            let error = #expect(throws: PostgresError.self) { try rows[0]("at", as: Timestamp.self) }
            #expect(error?.message == "column \"at\": NULL cannot be read as Timestamp")
        }
    }

    @Test func arraysGoAndComeBackUnchanged() async throws {
        try await Scratch.with { scratch in
            let database = scratch.database
            try await check([1, -2, .max] as [Int], "{1,-2,9223372036854775807}", "bigint[]", on: database)
            try await check([1, nil, 3] as [Int32?], "{1,NULL,3}", "integer[]", on: database)
            try await check([] as [String], "{}", "text[]", on: database)
            try await check(["", "a,b", "\"}"], #"{"","a,b","\"}"}"#, "text[]", on: database)
            try await check([nil, nil] as [Bool?], "{NULL,NULL}", "boolean[]", on: database)
            try await check([[1, 2], []] as [[UInt8]], #"{"\\x0102","\\x"}"#, "bytea[]", on: database)
            try await check([Timestamp(seconds: 0)], "{1970-01-01 00:00:00Z}", "timestamptz[]", on: database)
            try await check([Colour.red, .green], "{red,green}", "text[]", on: database)
            try await check([["a": 1], nil] as [JSON], #"{"{\"a\": 1}","null"}"#, "jsonb[]", on: database)
        }
    }

    @Test func unnestMakesRowsOfArrays() async throws {
        try await Scratch.with { scratch in
            let (names, sizes) = (["a", "b", "c"], [1, nil, 3] as [Int?])
            let rows = try await scratch.database.query(
                "SELECT * FROM unnest(\(names), \(sizes)) WITH ORDINALITY AS t (name, size, place) ORDER BY place DESC")
            #expect(try rows.map { try $0("name", as: String.self) } == ["c", "b", "a"])
            #expect(try rows.map { try $0("size", as: Int?.self) } == [3, nil, 1])
        }
    }

    @Test func arraysOfArraysAreRefusedBothWays() async throws {
        try await Scratch.with { scratch in
            #expect(try await failure { try await scratch.database.query("SELECT \([[1]])") }.kind == .invalidQuery)
            let rows = try await scratch.database.query("SELECT ARRAY[[1, 2], [3, 4]] AS square")
            #expect(throws: PostgresError.self) { try rows[0]("square", as: [Int].self) }
        }
    }

    @Test func narrowerNumbersAreReadAsWiderOnesButNotTheOtherWay() async throws {
        try await Scratch.with { scratch in
            let rows = try await scratch.database.query(
                "SELECT 7::smallint AS small, 8::integer AS middle, 9::bigint AS big, 0.5::real AS real")
            #expect(try rows[0]("small", as: Int.self) == 7)
            #expect(try rows[0]("middle", as: Int64.self) == 8)
            #expect(try rows[0]("real", as: Double.self) == 0.5)
            let error = #expect(throws: PostgresError.self) { try rows[0]("big", as: Int32.self) }
            #expect(error?.message == "column \"big\": bigint cannot be read as Int32")
        }
    }
}
