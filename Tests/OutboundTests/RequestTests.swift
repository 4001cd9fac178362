import Glibc
import Testing

@testable import Outbound

@Suite("What a call puts on the wire")
struct RequestTests {
    @Test func theHeadersAreThoseGivenAndNoOthers() async throws {
        let target = try Target()
        let headers = [("X-b", "2"), ("x-a", "1"), ("X-a", "1 again"), ("X-Empty", ""), ("X-Latin", "é;:, \t\"")]
        let outcome = try await makeClient().call(target.url("/hook?a=b"), "POST", headers: headers, body: Array("{}".utf8))
        #expect(try outcome.get().status == 200)
        let request = try #require(target.requests.first)
        #expect(request.line == "POST /hook?a=b HTTP/1.1")
        #expect(
            request.headers == [
                "Host: 127.0.0.1:\(target.port)", "User-Agent: Prikke/test", "X-b: 2", "x-a: 1", "X-a: 1 again", "X-Empty:",
                "X-Latin: é;:, \t\"",
                "Content-Length: 2",
            ])
        #expect(request.body == Array("{}".utf8))
    }

    @Test func aHeaderThatLibcurlWouldSetIsTheCallersToSet() async throws {
        let target = try Target()
        let headers = [
            ("accept", "text/x"), ("CONTENT-TYPE", "application/json"), ("user-agent", "mine"), ("Cookie", "a=b"),
            ("Authorization", "Bearer x"),
        ]
        _ = try await makeClient().call(target.url(), "POST", headers: headers, body: [1]).get()
        #expect(
            try #require(target.requests.first).headers == [
                "Host: 127.0.0.1:\(target.port)", "accept: text/x", "CONTENT-TYPE: application/json", "user-agent: mine", "Cookie: a=b",
                "Authorization: Bearer x", "Content-Length: 1",
            ])
    }

    @Test(arguments: OutboundRequest.Method.allCases)
    func everyMethodGoesOutAsItself(method: OutboundRequest.Method) async throws {
        let target = try Target { while $0.read() != nil { $0.write("HTTP/1.1 204 No Content\r\n\r\n") } }
        let client = makeClient()
        for body in [[], Array("body".utf8)] {
            #expect(try await client.call(target.url(), method.rawValue, body: body).get().status == 204)
        }
        #expect(target.requests.map(\.line) == Array(repeating: "\(method.rawValue) / HTTP/1.1", count: 2))
        let saysZero = [.post, .put, .patch].contains(method)
        #expect(target.requests[0].header("content-length") == (saysZero ? "0" : nil))
        #expect(target.requests[1].body == (method == .head ? [] : Array("body".utf8)))
        // All of them over one connection: nothing of one method is left in the handle for the next.
        #expect(target.connections == 1)
    }

    @Test func aHandleKeepsNothingOfTheCallBefore() async throws {
        let target = try Target()
        let client = makeClient()
        for method in ["POST", "GET", "HEAD", "PUT", "OPTIONS", "GET"] {
            let body = method == "POST" || method == "PUT" ? Array("secret".utf8) : []
            _ = try await client.call(target.url(), method, headers: body.isEmpty ? [] : [("X-Secret", "1")], body: body)
        }
        let bare = target.requests.filter { !$0.line.hasPrefix("POST") && !$0.line.hasPrefix("PUT") }
        #expect(bare.count == 4)
        #expect(bare.allSatisfy { $0.body.isEmpty && $0.headers == ["Host: 127.0.0.1:\(target.port)", "User-Agent: Prikke/test"] })
    }

    @Test(arguments: ["/a/../b", "/./x", "/a/..", "/%2e%2e/%41%zz".replacing("%zz", with: "%7a"), "/a//b", "/?../x", "/;a=b/../c"])
    func thePathIsSentAsItIsWritten(path: String) async throws {
        let target = try Target()
        _ = try await makeClient().call(target.url(path)).get()
        #expect(target.requests.first?.line == "GET \(path) HTTP/1.1")
    }

    @Test func theHostKeepsTheNameAndTheConnectionGoesToTheCheckedAddress() async throws {
        let target = try Target(address: "127.0.0.2")
        let client = makeClient(names: ["shop.example.com": [["127.0.0.2"]]])
        let response = try await client.call(target.url("/x", host: "Shop.Example.com.")).get()
        #expect(target.requests.first?.header("host") == "shop.example.com:\(target.port)")
        #expect(response.remoteAddress == "127.0.0.2")
        #expect(response.finalURL.text == "http://shop.example.com:\(target.port)/x")
    }

    @Test func anIPv6TargetIsCalledByNameAndByAddress() async throws {
        let target = try Target(address: "::1")
        let client = makeClient(allowed: ["::1/128"], names: ["six.example.com": [["::1"]]])
        _ = try await client.call("http://[::1]:\(target.port)/").get()
        let response = try await client.call("http://six.example.com:\(target.port)/").get()
        #expect(response.remoteAddress == "::1")
        #expect(target.requests.map { $0.header("host") } == ["[::1]:\(target.port)", "six.example.com:\(target.port)"])
    }

    @Test func aBodyOfTheLargestSizeArrivesByteForByte() async throws {
        let target = try Target()
        let body = (0..<(256 << 10)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        _ = try await makeClient().call(target.url(), "PUT", body: body).get()
        #expect(target.requests.first?.body == body)
        #expect(target.requests.first?.header("expect") == nil)
    }

    @Test func proxiesOfTheEnvironmentAndNetrcAreNotRead() async throws {
        let target = try Target()
        let proxy = try Target()
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"] { setenv(name, proxy.url(), 1) }
        defer { for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"] { unsetenv(name) } }
        _ = try await makeClient().call(target.url()).get()
        #expect(proxy.connections == 0)
        #expect(target.connections == 1)
    }

    @Test(arguments: [
        ("", "x", HeaderRules.Refusal.name), ("a b", "x", .name), ("a:", "x", .name), (":authority", "x", .name), ("a\r\nb", "x", .name),
        ("ä", "x", .name),
        ("a\u{0}", "x", .name), ("(a)", "x", .name), ("a", "x\r\nHost: y", .value), ("a", "x\n", .value), ("a", "x\u{0}", .value),
        ("a", "\u{7F}", .value),
        ("a", "\u{1B}[1m", .value), ("a", " x", .value), ("a", "x\t", .value), ("Host", "x", .framing), ("content-LENGTH", "3", .framing),
        ("Transfer-Encoding", "chunked", .framing), ("Connection", "close", .framing), ("TE", "trailers", .framing),
        ("Expect", "100-continue", .framing),
        ("Upgrade", "h2c", .framing),
    ])
    func aHeaderThatCouldBreakOutIsRefused(name: String, value: String, refusal: HeaderRules.Refusal) throws {
        #expect(HeaderRules.refusal(name: name, value: value) == refusal)
        let url = try TargetURL("http://example.com/")
        #expect(throws: OutboundRequest.Invalid.header(name: name, refusal)) {
            try OutboundRequest(url: url, method: "GET", headers: [(name, value)])
        }
    }

    @Test(arguments: [("X-A!#$%&'*+-.^_`|~9", "any thing: ü, \t;"), ("a", ""), ("Hostess", "x"), ("Content-Type", "a/b"), ("x", "%0d%0a")])
    func anOrdinaryHeaderIsNot(name: String, value: String) { #expect(HeaderRules.refusal(name: name, value: value) == nil) }

    @Test(arguments: ["get", "TRACE", "CONNECT", "GET /x HTTP/1.1\r\n", "", "FOO"])
    func anyOtherMethodIsRefused(method: String) throws {
        let url = try TargetURL("http://example.com/")
        #expect(throws: OutboundRequest.Invalid.method(method)) { try OutboundRequest(url: url, method: method) }
    }
}
