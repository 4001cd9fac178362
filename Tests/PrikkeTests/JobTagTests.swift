import JSON
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// What a client says of the version that it knows.
@Suite("ETag of a job", .database, .timeLimit(.minutes(1))) struct JobTagTests {
    @Test("stands for how it looks; what a change insists on is its version") func tags() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let path = "/api/jobs/\(try await cast.job().id.text)"
            @Sendable func send(_ method: String, _ headers: [String] = [], json: String? = nil, by name: String = "key to write") async
                -> Answer
            {
                await house.send(cast[name].call(method, path, json: json, headers: headers))
            }
            let read = await send("GET", by: "key to read")
            let tag = try #require(read["etag"])
            for known in [tag, "W/\(tag)", "\"x\", \(tag)", tag.dropLast() + "-gzip\"", "*"] {
                let answer = await send("GET", ["If-None-Match: \(known)"], by: "key to read")
                #expect(answer.status == 304 && answer.text.isEmpty && answer["etag"] == tag, "\(known)")
            }
            #expect(await send("GET", ["If-None-Match: \"1\""], by: "key to read").status == 200)

            // A run changes how it looks, and is in no change's way.
            try await house.database.query("UPDATE job_states SET health = 'failing'")
            #expect(await send("GET", ["If-None-Match: \(tag)"], by: "key to read").status == 200)
            let changed = await send("PATCH", ["If-Match: \(tag)"], json: #"{"name":"Other"}"#)
            #expect(changed.status == 200)

            for (header, status, code) in [
                (tag, 412, "changed_since"), ("W/\(changed["etag"] ?? "")", 412, "changed_since"), ("2", 400, "invalid_precondition"),
            ] {
                let answer = await send("DELETE", ["If-Match: \(header)"])
                #expect(answer.status == status && answer.code == code, "\(header)")
            }
            #expect(await send("DELETE", ["If-Match: \"2\""]).status == 204)
        }
    }
}
