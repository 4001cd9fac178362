import HTTPTypes
import Testing

@testable import Tenancy
@testable import Web

@Suite("Conventions of the API") struct ConventionsTests {
    @Test(
        "OPTIONS says what there is, to anybody, and nothing of CORS",
        arguments: [
            ("/api/things", "GET, HEAD, OPTIONS, POST"), ("/api/things/1", "DELETE, OPTIONS, PATCH"), ("/", "GET, HEAD, OPTIONS"),
            ("*", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
        ])
    func options(path: String, allowed: String) async throws {
        try await TestServer.run(TestSite.site) { server in
            let headers = ["Origin: https://elsewhere.example", "Access-Control-Request-Method: POST"]
            let answer = await server.request("OPTIONS", path, headers: headers)
            #expect(answer.status == 204)
            #expect(answer.headers["allow"] == allowed)
            #expect(answer.text.isEmpty && !answer.headers.keys.contains { $0.hasPrefix("access-control") })
            #expect(await server.request("OPTIONS", "/api/nothing").status == 404)
        }
    }

    @Test("What is worth it is compressed, for whoever takes it so, and HEAD says the same") func gzip() async throws {
        try await TestServer.run(TestSite.telling(5_000)) { server in
            let plain = await server.request("GET", "/api/much", key: TestSite.reader)
            let packed = await server.request("GET", "/api/much", key: TestSite.reader, headers: ["Accept-Encoding: br, gzip;q=0.5"])
            let head = await server.request("HEAD", "/api/much", key: TestSite.reader, headers: ["Accept-Encoding: gzip"])
            #expect(plain.headers["content-encoding"] == nil && plain.headers["content-length"] == "5002")
            #expect(packed.headers["content-encoding"] == "gzip" && head.headers["content-encoding"] == "gzip")
            let length = try #require(packed.headers["content-length"].flatMap { Int($0) })
            #expect(length < 200 && head.headers["content-length"] == "\(length)" && head.text.isEmpty)
            for answer in [plain, packed, head] { #expect(answer.headers["vary"] == "Accept-Encoding") }
        }
    }

    @Test("What is short, and every page, stays as it is") func notGzip() async throws {
        try await TestServer.run(TestSite.telling(500)) { server in
            let answer = await server.request("GET", "/api/much", key: TestSite.reader, headers: ["Accept-Encoding: gzip"])
            #expect(answer.headers["content-encoding"] == nil && answer.headers["vary"] == nil)
            let page = await server.request("GET", "/", headers: ["Accept-Encoding: gzip", "Accept: text/html"])
            #expect(page.status == 200 && page.headers["content-encoding"] == nil)
        }
    }

    @Test(
        "Accept-Encoding is weighed",
        arguments: [
            ("gzip", true), ("GZIP", true), ("*", true), ("gzip;q=0", false), ("*;q=0", false), ("gzip;q=0, *", false), ("br", false),
            ("", false),
            ("identity, gzip;q=0.9", false), ("identity;q=0.5, gzip;q=0.9", true), ("gzip ; Q=1.000", true), ("gzip;q=0.001", true),
            ("gzip;q=2", false), ("gzip;q=0.0001", false), ("gzip;q=abc", false), ("deflate, x-gzip", true),
        ])
    func acceptEncoding(header: String, isTaken: Bool) {
        #expect(AcceptEncoding([.acceptEncoding: header]).prefersGzip == isTaken)
    }

    @Test("What is packed has the frame of gzip") func roundTrip() throws {
        for bytes in [[], [0x61], (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }] as [[UInt8]] {
            let packed = try #require(Gzip.compress(bytes))
            #expect(packed.starts(with: [0x1F, 0x8B]))
            // RFC 1952 §2.3.1: the last four bytes are the length.
            #expect(packed.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) } == bytes.count)
        }
    }

    @Test(
        "Entity tags are read strictly",
        arguments: [
            (#""1""#, [#""1""#]), (#""1-ab-gzip""#, [#""1-ab""#]), (#""a,b" , W/"c""#, [#""a,b""#, #"W/"c""#]), (#","x","#, [#""x""#]),
            (#""""#, [#""""#]),
        ])
    func tags(header: String, tags: [String]) throws {
        #expect(try EntityTags(.ifMatch, in: [.ifMatch: header]) == .some(tags))
    }

    @Test("What are no entity tags is refused", arguments: ["1", #""1"#, #"1""#, #""a" "b""#, #"w/"a""#, ",", #"*, "a""#, ""])
    func badTags(header: String) {
        #expect(throws: Problem.self) { try EntityTags(.ifMatch, in: [.ifMatch: header]) }
    }

    @Test("A key that is good is told what is left where there is nothing, too") func unknownPaths() async throws {
        var site = TestSite.site
        site.budget = { _ in .init(isAllowed: true, most: 600, windowSeconds: 60, left: 599, secondsLeft: 60) }
        try await TestServer.run(site) { server in
            for (method, path, status) in [("GET", "/api/nothing", 404), ("PUT", "/api/things", 405), ("GET", "/api/surprise", 500)] {
                let answer = await server.request(method, path, key: TestSite.reader)
                #expect(answer.status == status)
                #expect(answer.headers["ratelimit"] == #""key";r=599;t=60"#, "\(path)")
            }
            #expect(await server.request("GET", "/api/nothing").status == 404)
            #expect(await server.request("GET", "/api/nothing", key: "pk_live_x.sk_live_y").status == 401)
        }
    }
}
