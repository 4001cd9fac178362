/// One call of a tenant's URL.
public struct OutboundRequest: Sendable {
    /// Why a request cannot be made: its caller did not check what it took from a tenant.
    public enum Invalid: Error, Sendable, Equatable {
        case method(String)
        case header(name: String, HeaderRules.Refusal)
    }

    /// The methods there are; there is no other way to spell one on the wire.
    public enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
        case head = "HEAD"
        case options = "OPTIONS"
    }

    /// Judged by the client's policy when it is sent.
    public let url: TargetURL
    /// As it is spelled on the wire.
    public let method: Method
    /// Sent as they are, in this order. Nothing is added but `Host`, `Content-Length` and, if absent, `User-Agent`.
    public let headers: [(name: String, value: String)]
    /// Sent when it is not empty, with any method but HEAD. An empty one says `Content-Length: 0` where a body is usual
    /// (POST, PUT, PATCH).
    public let body: [UInt8]
    /// The whole call, from resolving the name to the last byte of the answer, all redirects included.
    public let timeout: Duration
    /// Whether up to five redirects are followed, each checked like a call of its own.
    public let followRedirects: Bool
    /// Stands for who asks, so that one tenant's slow names do not hold up another's.
    public let tenant: UInt64

    /// Throws `Invalid` for a method or a header that must not reach the wire.
    public init(
        url: TargetURL, method: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        timeout: Duration = .seconds(30), followRedirects: Bool = false, tenant: UInt64 = 0
    ) throws(Invalid) {
        guard let known = Method(rawValue: method) else { throw .method(method) }
        for (name, value) in headers {
            if let refusal = HeaderRules.refusal(name: name, value: value) { throw .header(name: name, refusal) }
        }
        (self.url, self.method, self.headers, self.body) = (url, known, headers, body)
        (self.timeout, self.followRedirects, self.tenant) = (timeout, followRedirects, tenant)
    }

    /// A copy for the next hop of a redirect; its parts come from a request that was checked.
    init(redirecting request: OutboundRequest, to url: TargetURL, method: Method, headers: [(name: String, value: String)], body: [UInt8]) {
        (self.url, self.method, self.headers, self.body) = (url, method, headers, body)
        (timeout, followRedirects, tenant) = (request.timeout, request.followRedirects, request.tenant)
    }
}
