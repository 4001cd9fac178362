import Postgres
import Secrets
import Time

/// So often within so long.
public struct RateLimit: Sendable {
    let name: StaticString
    let most: Int
    let window: Duration

    /// Links to one address, for each browser that has not signed in with it before; one that has, has a budget of its own, so that
    /// nobody can be kept out by others who ask for his address.
    static let linksToAddress = RateLimit(name: "links to address", most: 3, window: .seconds(15 * 60))
    static let linksToAddressDaily = RateLimit(name: "links to address daily", most: 10, window: .seconds(86_400))
    static let linksFromNetwork = RateLimit(name: "links from network", most: 20, window: .seconds(3_600))
    /// Over all: what a flood from everywhere may make us send.
    static let links = RateLimit(name: "links", most: 2_000, window: .seconds(3_600))
    static let codesFromNetwork = RateLimit(name: "codes from network", most: 100, window: .seconds(3_600))
    static let invitesOfFreeOrganization = RateLimit(name: "invites", most: 20, window: .seconds(86_400))
    static let invitesOfPaidOrganization = RateLimit(name: "invites", most: 200, window: .seconds(86_400))
    static let invitesOfUser = RateLimit(name: "invites of user", most: 200, window: .seconds(86_400))
    static let organizationsOfUser = RateLimit(name: "organizations of user", most: 10, window: .seconds(86_400))
    static let slugChanges = RateLimit(name: "slug changes", most: 5, window: .seconds(86_400))
    static let deletions = RateLimit(name: "deletions", most: 5, window: .seconds(86_400))
    static let newKeys = RateLimit(name: "new keys", most: 50, window: .seconds(86_400))
    /// Over all organizations.
    static let invitesToAddress = RateLimit(name: "invites to address", most: 1, window: .seconds(86_400))
    static let addressChanges = RateLimit(name: "address changes", most: 5, window: .seconds(86_400))
    static let testCalls = RateLimit(name: "test calls", most: 20, window: .seconds(60))
    static let channelTests = RateLimit(name: "channel tests", most: 30, window: .seconds(3_600))
    static let confirmationsOfOrganization = RateLimit(name: "channel confirmations", most: 20, window: .seconds(86_400))
    /// Over all organizations.
    static let confirmationsToAddress = RateLimit(name: "channel confirmations to address", most: 3, window: .seconds(86_400))
    /// Of the mail service, which sends many in one.
    static let mailEvents = RateLimit(name: "mail events", most: 1_200, window: .seconds(60))
    static let exports = RateLimit(name: "exports", most: 20, window: .seconds(3_600))
}

/// Counts over all nodes how often something is asked. What is counted is kept as a hash: no address, no network, no id.
public struct RateLimits: Sendable {
    private let database: Database

    public init(_ database: Database) { self.database = database }

    /// One of several limits that a request counts against, and for whom.
    typealias Count = (limit: RateLimit, subject: String)

    /// Counts one against each, in order, up to the first that is used up, which is not counted for the later ones: who is refused
    /// for his network must not use up somebody's address. Nil: all had room; else so many seconds until the first has again.
    func refusal(_ counts: [Count], over runner: (any QueryRunner)? = nil) async throws -> Int? {
        for count in counts {
            let window = try await take(1, of: count, over: runner ?? database)
            if window.used > count.limit.most { return window.secondsLeft }
        }
        return nil
    }

    /// Counts a test call of the organization. Throws `Denial.tryLater`.
    public func countTestCall(for access: Access) async throws {
        guard let seconds = try await refusal([(.testCalls, access.organization.id.text)]) else { return }
        throw Denial.tryLater(seconds: seconds)
    }

    /// Counts a test of one of the organization's channels. Throws `Denial.tryLater`.
    public func countChannelTest(for access: Access, in transaction: Transaction) async throws {
        guard let seconds = try await refusal([(.channelTests, access.organization.id.text)], over: transaction) else { return }
        throw Denial.tryLater(seconds: seconds)
    }

    /// Counts a mail that asks an outside address whether it wants alerts. Throws `Denial.tryLater`.
    public func countConfirmation(of address: String, for access: Access, in transaction: Transaction) async throws {
        let counts: [Count] = [(.confirmationsOfOrganization, access.organization.id.text), (.confirmationsToAddress, address)]
        guard let seconds = try await refusal(counts, over: transaction) else { return }
        throw Denial.tryLater(seconds: seconds)
    }

    /// Counts a delivery of mail events from a network: nil, or so many seconds until it may send the next.
    public func refusalOfMailEvents(from network: String) async throws -> Int? { try await refusal([(.mailEvents, network)]) }

    /// How a window stands after something was taken out of it.
    struct Window {
        /// With what was just taken.
        let used: Int
        let secondsLeft: Int
    }

    /// Takes `amount` out of the window, which begins with the first that is taken.
    func take(_ amount: Int, of count: Count, over runner: (any QueryRunner)? = nil) async throws -> Window {
        let subject = Hash.sha256("\(count.limit.name) \(count.subject)".utf8)
        let rows = try await (runner ?? database).query(
            """
            INSERT INTO rate_counts AS r (subject, window_start, window_end, used)
            VALUES (\(subject), now(), now() + \(count.limit.window.components.seconds) * interval '1 second', \(Int32(amount)))
            ON CONFLICT (subject) DO UPDATE SET
                used = CASE WHEN r.window_end > now() THEN least(r.used, 1000000) + excluded.used ELSE excluded.used END,
                window_start = CASE WHEN r.window_end > now() THEN r.window_start ELSE excluded.window_start END,
                window_end = CASE WHEN r.window_end > now() THEN r.window_end ELSE excluded.window_end END
            RETURNING used, ceil(extract(epoch FROM window_end - now()))::integer AS seconds_left
            """)
        guard let row = rows.first else { throw Denial.tryLater(seconds: 1) }
        let (used, left) = (try row("used", as: Int32.self), try row("seconds_left", as: Int32.self))
        return Window(used: Int(used), secondsLeft: max(1, Int(left)))
    }
}
