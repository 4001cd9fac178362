import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// The stream as a page reads it.
@Suite("GET /{slug}/stream", .database, .serialized, .timeLimit(.minutes(2))) struct LiveStreamTests {
    private func reading(_ house: House, _ caller: Caller) async throws -> (wire: Wire, head: String) {
        let wire = try #require(Wire(port: house.port))
        let call = caller.call("GET", "/acme/stream")
        return await Wire.run { [text = call.text] in
            wire.send(text)
            return (wire, wire.readHead())
        }
    }

    @Test("names what happens in this organization, and nothing of it") func names() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let (stream, head) = try await reading(house, cast["Victor"])
            #expect(head.hasPrefix("HTTP/1.1 200") && head.lowercased().contains("content-type: text/event-stream"))
            #expect(await Wire.run { stream.read(until: "event: resync") }.contains("retry: 1000"))
            _ = try await cast.job(for: cast.accessOfCharlie)
            let job = try await cast.job(for: cast.access)
            let told = await Wire.run { stream.read(until: job.id.text) }
            #expect(told.contains("event: change\ndata: "))
            #expect(told.components(separatedBy: "job_").count == 2, "what happens at Globex is no news here: \(told)")
        }
    }

    @Test("is closed to whoever is not a member, or not signed in") func others() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for (name, status) in [("Charlie", "404"), ("removed", "404"), ("nobody", "303"), ("expired", "303")] {
                #expect(try await reading(house, cast[name]).head.hasPrefix("HTTP/1.1 \(status)"), "\(name)")
            }
        }
    }
}
