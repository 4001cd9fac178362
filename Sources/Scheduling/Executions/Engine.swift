import EventLoop
import Postgres
import Tenancy

/// What the services of one node share: the databases and the loop of their connections, the clock, who the node is, and
/// the bells that wake them.
public struct Engine: Sendable {
    /// For scheduling, leasing and sweeping.
    public let database: Database
    /// For outcomes: their writing waits behind nothing else.
    let results: Database
    public let loop: EventLoop
    public let clock: DatabaseClock
    public let node: ID<Node>
    /// Something may be due that the worker does not know of.
    let dueBell: Bell
    /// A job was saved or resumed: the scheduler looks again.
    let jobsBell: Bell
    /// Jobs of which the worker looks again at what it has leased ahead.
    let recalls = Recalls()
    /// The hosts that are left alone, as this node has seen last.
    let breakers = Breakers()
    let partitions: Partitions
    let pulse: Pulse
    let catchUp: CatchUp

    /// So soon a service looks again after the database has failed it.
    static let pauseAfterError: Duration = .milliseconds(250)

    /// A node that begins now; nothing is read or written yet. Outcomes go over `results`, which must be on the same loop,
    /// and the heartbeat over `pulse`, so that nothing it waits behind makes a living node look dead; nil: over `database`
    /// (a command, a test). `catchUpRate`: so many late occurrences may start a second; nil: all at once.
    public init(_ database: Database, results: Database? = nil, pulse: Database? = nil, catchUpRate: Int? = nil, on loop: EventLoop) {
        self.init(database, results: results, pulse: pulse, catchUpRate: catchUpRate, on: loop, clock: DatabaseClock())
    }

    init(
        _ database: Database, results: Database? = nil, pulse: Database? = nil, catchUpRate: Int? = nil, on loop: EventLoop,
        clock: DatabaseClock
    ) {
        self.database = database
        self.results = results ?? database
        self.pulse = Pulse(pulse ?? database)
        self.loop = loop
        catchUp = CatchUp(rate: catchUpRate)
        self.clock = clock
        node = ID()
        dueBell = Bell(on: loop)
        jobsBell = Bell(on: loop)
        partitions = Partitions(database, clock: clock)
        Meters.begin()
    }
}

/// What nodes tell each other. A notification only wakes: whoever missed it looks again within a second anyway.
enum Topic: String {
    /// The queue has something new that is due soon.
    case due = "due"
    /// A job's next run was set by somebody who is not the scheduler.
    case jobs = "jobs"
    /// An incident was opened or closed, or a notice written.
    case alerts = "alerts"
    /// A circuit breaker has opened or closed.
    case breakers = "breakers"

    /// Sent with the statements of one batch: one notification for all of them.
    func notification(_ database: Database) -> Query { database.notification(on: rawValue) }

    /// The same, about a job that was there before: what is leased of it may be out of date.
    static func changed(_ job: ID<Job>, _ database: Database) -> Query { database.notification(on: jobs.rawValue, payload: job.text) }

    /// The same about all jobs of an organization. Workers look at all that they have leased: what names no job stands for any.
    static func stopped(_ organization: ID<Organization>, _ database: Database) -> Query {
        database.notification(on: jobs.rawValue, payload: organization.text)
    }
}
