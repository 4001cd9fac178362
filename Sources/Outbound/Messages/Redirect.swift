/// Following redirects by hand: each hop is judged like a call of its own.
enum Redirect {
    static let most = 5

    /// The request that `response` asks for, yet to be judged: nil when it is no redirect. Throws when it leads nowhere.
    static func request(after response: OutboundResponse, to request: OutboundRequest) throws(OutboundFailure) -> OutboundRequest? {
        guard [301, 302, 303, 307, 308].contains(response.status), let location = response.header("location") else { return nil }
        do {
            return self.request(request, to: try TargetURL(absolute(location, from: request.url)), after: response.status)
        } catch {
            throw OutboundFailure(.badResponse, "The target redirected to something that is not a URL.", status: response.status)
        }
    }

    /// RFC 9110 §15.4: after 303, and by custom after 301 and 302 to a POST, the next request is a GET without the body. What
    /// described the body stays behind with it, the signature of it too.
    private static func request(_ request: OutboundRequest, to url: TargetURL, after status: Int) -> OutboundRequest {
        let becomesGet = request.method != .head && (status == 303 || (request.method == .post && status < 303))
        let sameOrigin = url.hasSameOrigin(as: request.url)
        let losesBody = becomesGet && !request.body.isEmpty
        let headers = request.headers.filter { header in
            if becomesGet && ASCII.hasPrefixIgnoringCase(header.name, "content-") { return false }
            if losesBody && ASCII.equalIgnoringCase(header.name, "webhook-signature") { return false }
            return sameOrigin || isHarmless(header.name)
        }
        let (method, body) = becomesGet ? (.get, []) : (request.method, request.body)
        return OutboundRequest(redirecting: request, to: url, method: method, headers: headers, body: body)
    }

    /// Which headers go along to another origin. Any name may carry a credential (`X-Api-Key`), so the harmless ones are
    /// listed and all others stay behind, our signature with them.
    private static func isHarmless(_ name: String) -> Bool {
        harmless.contains { ASCII.equalIgnoringCase(name, $0) } || ASCII.hasPrefixIgnoringCase(name, "prikke-")
    }

    private static let harmless: [StaticString] = [
        "accept", "accept-language", "cache-control", "content-type", "content-language", "content-encoding", "traceparent", "user-agent",
    ]

    /// `reference` resolved against `base`, by RFC 3986 §5.2.
    static func absolute(_ reference: String, from base: TargetURL) -> String {
        let head = reference.prefix { !"/?#".contains($0) }
        if head.contains(":") { return reference }
        let origin = String(base.text.dropLast(base.target.count))
        if reference.hasPrefix("//") { return "\(base.scheme.rawValue):\(reference)" }
        if reference.isEmpty || reference.hasPrefix("#") { return base.text }
        if reference.hasPrefix("?") { return origin + base.path + reference }
        let path = reference.prefix { $0 != "?" && $0 != "#" }
        let folder = path.hasPrefix("/") ? "" : base.path.prefix(through: base.path.lastIndex(of: "/") ?? base.path.startIndex)
        return origin + withoutDotSegments(folder + path) + reference[path.endIndex...]
    }

    private static func withoutDotSegments(_ path: some StringProtocol) -> String {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        var kept: [Substring] = []
        for (index, segment) in segments.enumerated() {
            switch segment {
            case ".", "..":
                if segment == ".." { _ = kept.popLast() }
                if index == segments.count - 1 { kept.append("") }
            default: kept.append(Substring(segment))
            }
        }
        return "/" + kept.joined(separator: "/")
    }
}
