import Testing

@testable import Web

@Suite struct AssetTests {
    @Test func aVersionedAssetIsKeptForEverAndOtherwiseAskedForAgain() async throws {
        try await TestServer.run(TestSite.site) { server in
            let asset = Assets().stylesheet
            let kept = await server.request("GET", asset.url)
            #expect(kept.headers["content-type"] == "text/css; charset=utf-8")
            #expect(kept.headers["cache-control"] == "public, max-age=31536000, immutable")
            #expect(kept.text.hasPrefix("@layer tokens, base, components;"))
            let tag = kept.headers["etag"] ?? ""
            let again = await server.request("GET", "/assets/prikke.css", headers: ["If-None-Match: \(tag)"])
            #expect(again.status == 304)
            #expect(again.text == "")
            #expect(await server.request("GET", "/assets/../layout.mustache").status == 404)
        }
    }
}
