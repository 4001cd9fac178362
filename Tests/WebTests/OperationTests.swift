import JSON
import Testing

@testable import Web

@Suite struct OperationTests {
    private let body = #"{"name":"a"}"#

    @Test func aGoodRequestReachesItsHandlerWithDefaults() async throws {
        try await TestServer.run(TestSite.site) { server in
            let made = await server.request("POST", "/api/things", key: TestSite.writer, body: body)
            #expect(made.status == 201)
            #expect(made.json == ["name": "a", "size": 5])
            #expect(made.headers["location"] == "/api/things/1")
            #expect(made.headers["content-type"] == "application/json")
            let changed = await server.request("PATCH", "/api/things/key:a%2Fb", key: TestSite.writer, body: #"{"size":3}"#)
            #expect(changed.json == ["thing": "key:a/b", "change": ["size": 3]])
            let listed = await server.request("GET", "/api/things?search=a%20b+%C3%A9", key: TestSite.reader)
            #expect(listed.json == ["limit": 50, "search": "a b é"])
            #expect(await server.request("POST", "/api/things/1/start", key: TestSite.writer).json == [:])
        }
    }

    /// The key, then what the path names, then the scope, then the body: each request is wrong in all that follows, too.
    @Test func theChecksComeInTheirOrder() async throws {
        try await TestServer.run(TestSite.site) { server in
            let garbage = "{{{"
            #expect(await server.request("PATCH", "/api/things/9", body: garbage).status == 401)
            #expect(await server.request("PATCH", "/api/things/9", key: TestSite.reader, body: garbage).status == 404)
            #expect(await server.request("PATCH", "/api/things/1", key: TestSite.reader, body: garbage).status == 403)
            #expect(await server.request("PATCH", "/api/things/1?x=1", key: TestSite.writer, body: garbage).status == 422)
            #expect(await server.request("PATCH", "/api/things/1", key: TestSite.writer, body: garbage).status == 400)
            #expect(await server.request("PATCH", "/api/things/1", key: TestSite.writer, body: "{\"size\":0}").status == 422)
        }
    }

    @Test func aScopeThatTheKeyLacksIsNamed() async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request("DELETE", "/api/things/1", key: TestSite.writer)
            #expect(answer.status == 403)
            #expect(answer.code == "missing_scope")
            #expect(answer.json["detail"]?.string?.contains("manage") == true)
        }
    }

    @Test(arguments: [
        ("{nope", 400, "invalid_json"), ("", 400, "invalid_json"), ("{} x", 400, "trailing_bytes"),
        (#"{"name":"a","name":"b"}"#, 400, "duplicate_key"), (#"{"name":"\u0000"}"#, 400, "nul_character"),
        (#"{"size":99999999999999999999}"#, 400, "number_out_of_range"), (String(repeating: "[", count: 100_000), 400, "too_deep"),
        (#"{"name":"a","size":"5"}"#, 422, "invalid_input"), ("[]", 422, "invalid_input"),
        (String(repeating: " ", count: 1_048_577), 413, "content_too_large"),
    ])
    func aBodyThatIsNotRightIsRefused(body: String, status: Int, code: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request("POST", "/api/things", key: TestSite.writer, body: body)
            #expect(answer.status == status)
            #expect(answer.code == code)
        }
    }

    @Test func everyMemberThatIsWrongIsPointedAt() async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request("POST", "/api/things", key: TestSite.writer, body: #"{"name":"","size":10,"a/b":1}"#)
            #expect(answer.pointers == ["/name", "/size", "/a~1b"])
            let query = await server.request("GET", "/api/things?limit=0&nope=1", key: TestSite.reader)
            #expect(query.pointers == ["/limit", "/nope"])
        }
    }

    @Test(arguments: [
        "limit=1&limit=2", "search=%ff", "search=%00", "search=%zz", "limit=+5", "limit=1e1", "limit=99999999999999999999", "limit",
    ])
    func aQueryThatIsNotRightIsRefused(query: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            #expect(await server.request("GET", "/api/things?\(query)", key: TestSite.reader).status == 422)
        }
    }

    @Test(arguments: [
        "Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded", "Content-Type: application/json; charset=latin1",
        "Content-Type: application/json\r\nContent-Encoding: gzip", "Content-Type: application/json\r\nContent-Type: application/json",
    ])
    func whatIsNotJSONByItsHeadersIsRefused(header: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let answer = await server.request("POST", "/api/things", key: TestSite.writer, headers: [header], body: body)
            #expect(answer.status == 415)
        }
    }

    @Test(arguments: ["Content-Type: APPLICATION/JSON ; charset=UTF-8", "Content-Type: application/json"])
    func jsonIsKnownByItsHeaders(header: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            #expect(await server.request("POST", "/api/things", key: TestSite.writer, headers: [header], body: body).status == 201)
        }
    }
}

@Suite struct PercentEncodingTests {
    @Test(arguments: [("a%20b+c", "a b+c"), ("%C3%a9", "é"), ("", ""), ("%25", "%")])
    func escapesBecomeTheirCharacters(text: String, decoded: String) {
        #expect(PercentEncoding.decode(text) == decoded)
    }

    @Test(arguments: ["%", "%2", "%zz", "%00", "%ff", "%C3", "%+1"])
    func whatIsNoTextIsRefused(text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }
}
