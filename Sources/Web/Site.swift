import Billing
import JSON
import Mail
import Tenancy

/// What the web server shows and whom it asks. Everything that it needs of other modules comes in here.
public struct Site: Sendable {
    /// The address at which people reach it, without a slash at the end: `https://prikke.example`. Links in answers start
    /// with it.
    public var url: String

    /// All operations of the API.
    public var api: API

    /// What `prikke.yaml` may hold, as a JSON Schema for editors.
    public var editorSchema: JSON = .null

    /// What is sold, for the landing page; nil: nothing is said of it.
    public var plans: PlanCatalog?

    /// Whose key this is; nil for one that is unknown, expired or revoked; a throw means that it could not be found out.
    public var authenticate: @Sendable (String) async throws -> Access?

    /// The doors to people and their organizations; nil: there are no pages that one signs in to.
    public var people: People?

    /// Counts a request of a key; nil: there is no limit.
    public var budget: @Sendable (Access) async throws -> RequestBudgets.Verdict? = { _ in nil }

    /// Ends all answers that have no end by themselves; there are to be no others. Called when the server is about to stop.
    public var endStreams: @Sendable () -> Void = {}

    /// What requests with an `Idempotency-Key` were answered; nil: the header is not looked at.
    public var idempotencyKeys: IdempotencyKeys?

    /// The jobs of an organization as an export has them.
    public var exportJobs: @Sendable (Access) async throws -> [JSON] = { _ in [] }

    /// The doors to jobs and executions; nil: there are no pages about them.
    public var work: Work?

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

    /// The way into the demo at `/demo`; nil: there is no such page (it is for development only).
    public var demo: Demo?

    /// The mails shown at `/dev/mailbox`; nil: there is no such page (it is for development without a mail transport only).
    public var mailbox: Mailbox? = nil

    /// Each mail that there is, with invented content, shown at `/dev/mails`; nil: there is no such page (it is for development only).
    public var mailSamples: [MailSample]? = nil

    /// What the mail service tells of mails that it took, and seconds to wait for a network that asks too often; nil: there is no such
    /// address.
    public var mailEvents: (door: MailEvents, budget: @Sendable (String) async throws -> Int?)? = nil

    /// How an error of a module that `Web` does not know is answered, a database that is away for one; nil for what is a
    /// mistake of ours: 500, logged.
    public var problem: @Sendable (any Error) -> Problem?

    public init(
        url: String, api: API, authenticate: @escaping @Sendable (String) async throws -> Access?,
        health: @escaping @Sendable () async -> HealthReport, about: @escaping @Sendable () -> About,
        metrics: @escaping @Sendable () -> String, formTokens: FormTokens, newBrowserID: @escaping @Sendable () -> String,
        demo: Demo? = nil, problem: @escaping @Sendable (any Error) -> Problem? = { _ in nil }
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
