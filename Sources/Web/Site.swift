import Tenancy

/// What the web server shows and whom it asks. Everything that it needs of other modules comes in here.
public struct Site: Sendable {
    /// The address at which people reach it, without a slash at the end: `https://prikke.example`. Links in answers start
    /// with it.
    public var url: String

    /// All operations of the API.
    public var api: API

    /// Whose key this is; nil for one that is unknown, expired or revoked; a throw means that it could not be found out.
    public var authenticate: @Sendable (String) async throws -> Access?

    /// How well everything is.
    public var health: @Sendable () async -> HealthReport

    /// What this node knows of itself, for the status page.
    public var about: @Sendable () -> About

    /// Metrics in Prometheus' text format.
    public var metrics: @Sendable () -> String

    /// How forms show that they are ours.
    public var formTokens: FormTokens

    /// What a browser is told apart by that nobody has signed in with: random, at least 128 bits, fit for a cookie.
    public var newBrowserID: @Sendable () -> String

    /// The jobs and executions shown at `/demo`; nil: there is no such page (it is for development only).
    public var demo: (@Sendable () async throws -> DemoPage)?

    /// How an error of a module that `Web` does not know is answered, a database that is away for one; nil for what is a
    /// mistake of ours: 500, logged.
    public var problem: @Sendable (any Error) -> Problem?

    public init(
        url: String, api: API, authenticate: @escaping @Sendable (String) async throws -> Access?,
        health: @escaping @Sendable () async -> HealthReport, about: @escaping @Sendable () -> About,
        metrics: @escaping @Sendable () -> String, formTokens: FormTokens, newBrowserID: @escaping @Sendable () -> String,
        demo: (@Sendable () async throws -> DemoPage)? = nil, problem: @escaping @Sendable (any Error) -> Problem? = { _ in nil }
    ) {
        self.url = url
        self.api = api
        self.authenticate = authenticate
        self.health = health
        self.about = about
        self.metrics = metrics
        self.formTokens = formTokens
        self.newBrowserID = newBrowserID
        self.demo = demo
        self.problem = problem
    }
}
