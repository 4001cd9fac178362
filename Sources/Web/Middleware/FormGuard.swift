import HTTPTypes
import Hummingbird

/// Lets through what pages of ours send, and nothing that a page of somebody else made a browser send (CSRF). It reads the body
/// itself, for every request that may change something and is no program's, so that no handler can forget to have it checked:
/// without the check there is no form to be handled.
struct FormGuard: RouterMiddleware {
    let siteURL: String
    let tokens: FormTokens

    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        // What no route answers is answered 404 or 405, whatever it holds.
        guard ![.get, .head].contains(request.method), context.endpointPath != nil, !Paths.isForPrograms(request.uri.path) else {
            return try await next(request, context)
        }
        guard isOurs(request.headers, host: request.head.authority, context.client) else { throw Problem.crossSite }
        let reader = FormReader(request: request, channel: context.channel, most: Paths.largestForm(of: context.endpointPath ?? ""))
        let parameters = try await reader.parameters()
        let (sent, rest) = (parameters.filter { $0.name == FormTokens.field }, parameters.filter { $0.name != FormTokens.field })
        guard let secret = context.formSecret, sent.count == 1, tokens.isGood(sent[0].value, secret) else {
            let isCertain = isCertainlyOurs(request.headers, host: request.head.authority, context.client)
            throw StaleForm(parameters: isCertain ? rest : [])
        }
        var context = context
        context.formParameters = rest
        return try await next(request, context)
    }

    /// What the browser says of where the request was made. A browser that says nothing of it has the token to show.
    func isOurs(_ headers: HTTPFields, host: String?, _ client: Client) -> Bool {
        let sites = headers[values: .secFetchSite]
        guard sites.isEmpty || sites == ["same-origin"] || sites == ["none"] else { return false }
        let origins = headers[values: .origin]
        // A page whose address holds a token tells nobody that address, and so no origin either (Fetch, "append a request `Origin`
        // header"). That it is one of ours the browser says all the same.
        if origins == ["null"], sites == ["same-origin"] { return true }
        guard let origin = origins.first else { return true }
        return origins.count == 1 && own(host, client).contains { $0.utf8.elementsEqual(origin.utf8) }
    }

    /// Whether the browser itself says that a page of ours sent it: an answer may then repeat what was sent. Asked of what `isOurs` has let
    /// through.
    private func isCertainlyOurs(_ headers: HTTPFields, host: String?, _ client: Client) -> Bool {
        if headers.contains(.secFetchSite) { return headers[values: .secFetchSite] == ["same-origin"] }
        return headers[values: .origin].count == 1 && isOurs(headers, host: host, client)
    }

    /// The origins that pages of ours have. Without a public name, whoever runs this has it under whatever name reaches it: a page
    /// of another name than the one it asks has none of our cookies.
    private func own(_ host: String?, _ client: Client) -> [String] {
        guard !siteURL.hasPrefix("https://"), let host else { return [siteURL] }
        return [siteURL, (client.isSecure ? "https://" : "http://") + host.lowercased()]
    }
}
