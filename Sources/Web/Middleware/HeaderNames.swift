import HTTPTypes

extension HTTPField.Name {
    /// Names the request, in both directions.
    static let requestID = named("X-Request-Id")

    static let clearSiteData = named("Clear-Site-Data")
    static let rateLimitPolicy = named("RateLimit-Policy")
    static let rateLimit = named("RateLimit")

    /// Every call that Prikke makes for a job carries it.
    static let hop = named("Prikke-Hop")

    /// Who spoke to a proxy, and over what.
    static let forwardedFor = named("X-Forwarded-For")
    static let forwardedProto = named("X-Forwarded-Proto")

    /// Where a request of a browser was made (Fetch Metadata).
    static let secFetchSite = named("Sec-Fetch-Site")

    static let referrerPolicy = named("Referrer-Policy")

    /// A name that we wrote ourselves; one that HTTP does not allow is a mistake in our source.
    static func named(_ name: StaticString) -> HTTPField.Name {
        guard let name = HTTPField.Name("\(name)") else { preconditionFailure("no header is called \(name)") }
        return name
    }
}
