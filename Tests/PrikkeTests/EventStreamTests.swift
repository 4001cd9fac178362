import JSON
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// The stream as a program reads it.
@Suite("GET /api/events", .database, .serialized, .timeLimit(.minutes(2))) struct EventStreamTests {
    /// What one connection has brought, chunk marks included, as it comes.
    private func reading(_ house: House, _ caller: Caller, _ query: String = "") async throws -> Wire {
        let wire = try #require(Wire(port: house.port))
        let call = caller.call("GET", "/api/events\(query)", headers: ["Accept-Encoding: gzip"])
        await Wire.run { [text = call.text] in wire.send(text) }
        return wire
    }

    @Test("brings what happens, and ends with the key") func stream() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let key = try await cast.key([.read])
            let stream = try await reading(house, Caller(name: "ours", key: key.text))
            let head = await Wire.run { stream.readHead() }
            #expect(head.hasPrefix("HTTP/1.1 200") && head.lowercased().contains("content-type: text/event-stream"))
            #expect(head.lowercased().contains("x-accel-buffering: no") && !head.lowercased().contains("content-encoding"))
            #expect(await Wire.run { stream.read(until: "event: resync") }.contains("retry: 3000"))
            let draft = #"{"config":{"url":"https://example.com/"},"name":"Elsewhere"}"#
            #expect(await house.send(cast["key to write"].call("POST", "/api/jobs", json: draft)).status == 201)
            let event = await Wire.run { stream.read(until: #""name":"Elsewhere""#) }
            #expect(event.contains("event: job") && event.contains(#""action":"created""#), "\(event)")
            try await house.services.keys.revoke(house.services.keys.find(key.id.text, for: cast.access), for: cast.access)
            #expect(await Wire.run { String(decoding: stream.readAll(), as: UTF8.self) }.hasSuffix("0\r\n\r\n"), "an orderly end")
        }
    }

    @Test("ends at once when the node is about to stop") func stop() async throws {
        let streams = Held()
        try await House.open { house in
            let cast = try await Cast(house)
            let stream = try await reading(house, cast["key to read"])
            #expect(await Wire.run { stream.readHead() }.hasPrefix("HTTP/1.1 200"))
            await streams.hold(stream)
        }
        let stream = try #require(await streams.stream)
        #expect(await Wire.run { String(decoding: stream.readAll(), as: UTF8.self) }.hasSuffix("0\r\n\r\n"))
    }

    private actor Held {
        var stream: Wire?
        func hold(_ stream: Wire) { self.stream = stream }
    }

    @Test("takes what it knows only") func query() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for (query, status) in [("?types=job,nope", 422), ("?types=", 422), ("?job=nonsense", 404), ("?job=key:nope", 404)] {
                #expect(await house.send(cast["key to read"].call("GET", "/api/events\(query)")).status == status, "\(query)")
            }
            let theirs = try await cast.job(for: cast.accessOfCharlie)
            #expect(await house.send(cast["key to read"].call("GET", "/api/events?job=\(theirs.id.text)")).status == 404)
        }
    }
}
