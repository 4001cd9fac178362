import Testing

@testable import Outbound

@Suite("Redirects")
struct RedirectTests {
    /// Answers `/N` with a redirect to `/N-1`, and `/0` with 200.
    private func staircase(_ status: String = "302 Found") throws -> Target {
        try Target { connection in
            while let request = connection.read() {
                let step = Int(request.line.split(separator: " ")[1].dropFirst()) ?? 0
                if step == 0 { connection.answer() } else { connection.answer(status: status, headers: ["Location: /\(step - 1)"]) }
            }
        }
    }

    @Test func theyAreNotFollowedUnlessAskedFor() async throws {
        let target = try staircase()
        let response = try await makeClient().call(target.url("/3")).get()
        #expect(response.status == 302)
        #expect(response.header("location") == "/2")
        #expect(target.requests.count == 1)
    }

    @Test func fiveAreFollowedAndSixAreNot() async throws {
        let target = try staircase()
        let response = try await makeClient().call(target.url("/5"), followRedirects: true).get()
        #expect(response.status == 200)
        #expect(response.finalURL.target == "/0")
        let failure = try await makeClient().call(target.url("/6"), followRedirects: true).failure
        #expect(failure?.reason == .badResponse)
        #expect(failure?.status == 302)
        #expect(target.requests.count == 12)
    }

    @Test(arguments: [
        ("301 Moved", "POST", "GET"), ("302 Found", "POST", "GET"), ("303 See Other", "POST", "GET"), ("307 Temporary", "POST", "POST"),
        ("308 Permanent", "POST", "POST"), ("301 Moved", "PUT", "PUT"), ("302 Found", "DELETE", "DELETE"), ("303 See Other", "PUT", "GET"),
        ("303 See Other", "HEAD", "HEAD"), ("307 Temporary", "PATCH", "PATCH"), ("302 Found", "GET", "GET"),
    ])
    func theMethodFollowsTheStatus(status: String, first: String, second: String) async throws {
        let target = try Target { connection in
            while let request = connection.read() {
                guard request.line.contains(" /1 ") else { return connection.write("HTTP/1.1 204 No Content\r\n\r\n").void }
                connection.write("HTTP/1.1 \(status)\r\nLocation: /0\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let body = first == "GET" || first == "HEAD" ? [] : Array("body".utf8)
        let headers = [("Content-Type", "text/x"), ("X-Key", "k"), ("webhook-signature", "v1,x")]
        _ = try await makeClient().call(target.url("/1"), first, headers: headers, body: body, followRedirects: true).get()
        let last = try #require(target.requests.last)
        #expect(last.line == "\(second) /0 HTTP/1.1")
        let keepsBody = second == first && second != "GET"
        #expect(last.body == (keepsBody ? body : []))
        #expect(last.header("x-key") == "k")
        #expect((last.header("content-type") == nil) == (second != first))
        // It signs a body that is no longer sent.
        #expect((last.header("webhook-signature") == nil) == (second != first))
    }

    @Test func credentialsStayWithTheirOrigin() async throws {
        let other = try Target(address: "127.0.0.2")
        let target = try Target { connection in
            while connection.read() != nil { connection.answer(status: "307 Elsewhere", headers: ["Location: \(other.url("/x"))"]) }
        }
        let headers = [
            ("Authorization", "Bearer x"), ("Cookie", "a=b"), ("X-Api-Key", "k"), ("webhook-signature", "v1,x"), ("Accept", "a/b"),
            ("Content-Type", "c/d"), ("Prikke-Hop", "1"), ("traceparent", "00-1-2-01"), ("User-Agent", "mine"),
        ]
        _ = try await makeClient().call(target.url(), "POST", headers: headers, body: [1], followRedirects: true).get()
        #expect(
            try #require(other.requests.first).headers == [
                "Host: 127.0.0.2:\(other.port)", "Accept: a/b", "Content-Type: c/d", "Prikke-Hop: 1", "traceparent: 00-1-2-01",
                "User-Agent: mine",
                "Content-Length: 1",
            ])
    }

    @Test(arguments: ["http://127.0.0.1:PORT/x", "http://same.example.com:OTHER/x"])
    func anotherPortOrNameIsAnotherOrigin(location: String) async throws {
        let other = try Target()
        let target = try Target { connection in
            let place = location.replacing("OTHER", with: "\(other.port)").replacing("PORT", with: "\(other.port)")
            while connection.read() != nil { connection.answer(status: "302 Found", headers: ["Location: \(place)"]) }
        }
        let client = makeClient(names: ["same.example.com": [["127.0.0.1"]]])
        _ = try await client.call(target.url(), headers: [("Authorization", "x")], followRedirects: true).get()
        #expect(other.requests.count == 1)
        #expect(other.requests.first?.header("authorization") == nil)
    }

    @Test func withoutALocationItIsTheAnswer() async throws {
        let target = try Target { connection in while connection.read() != nil { connection.answer(status: "302 Found") } }
        #expect(try await makeClient().call(target.url(), followRedirects: true).get().status == 302)
    }

    @Test(arguments: [
        "http://", "http://user@127.0.0.1/", "http://bücher.example/", "/a b", "mailto:a@b", "http://a..b/", "\\\\127.0.0.1/",
    ])
    func aLocationThatIsNoURLIsABadResponse(location: String) async throws {
        let target = try Target { connection in
            while connection.read() != nil { connection.answer(status: "302 Found", headers: ["Location: \(location)"]) }
        }
        #expect(try await makeClient().call(target.url(), followRedirects: true).failure?.reason == .badResponse)
        #expect(target.requests.count == 1)
    }

    /// RFC 3986 §5.4, but for what is not http.
    @Test(arguments: [
        ("g", "/b/c/g"), ("./g", "/b/c/g"), ("g/", "/b/c/g/"), ("/g", "/g"), ("?y", "/b/c/d;p?y"), ("g?y", "/b/c/g?y"),
        ("g?y/../x", "/b/c/g?y/../x"), ("#s", "/b/c/d;p?q"),
        ("", "/b/c/d;p?q"), (";x", "/b/c/;x"), (".", "/b/c/"), ("./", "/b/c/"), ("..", "/b/"), ("../", "/b/"), ("../g", "/b/g"),
        ("../..", "/"), ("../../g", "/g"),
        ("../../../g", "/g"), ("/./g", "/g"), ("/../g", "/g"), ("g.", "/b/c/g."), ("..g", "/b/c/..g"), ("./../g", "/b/g"),
        ("g/./h", "/b/c/g/h"), ("g/../h", "/b/c/h"),
        ("g;x=1/../y", "/b/c/y"),
    ])
    func aRelativeLocationIsResolved(reference: String, target: String) throws {
        let base = try TargetURL("http://a.example/b/c/d;p?q")
        #expect(try TargetURL(Redirect.absolute(reference, from: base)).text == "http://a.example" + target)
    }

    @Test func aLocationMayNameAHostOfItsOwn() throws {
        let base = try TargetURL("https://a.example:8443/b?c")
        #expect(Redirect.absolute("//g.example/x", from: base) == "https://g.example/x")
        #expect(Redirect.absolute("http://g.example", from: base) == "http://g.example")
        #expect(Redirect.absolute("/x", from: base) == "https://a.example:8443/x")
    }
}

extension Bool {
    fileprivate var void: Void { () }
}
