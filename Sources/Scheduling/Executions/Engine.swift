import EventLoop
import Postgres

/// What the services of one node share: the database and the loop of its connections, the clock, who the node is, and
/// the bells that wake them.
public struct Engine: Sendable {
    public let database: Database
    public let loop: EventLoop
    public let clock: DatabaseClock
    public let node: ID<Node>
    /// Something may be due that the worker does not know of.
    let dueBell: Bell
    /// A job was saved or resumed: the scheduler looks again.
    let jobsBell: Bell
    let partitions: Partitions
    let pulse: Pulse

    /// A node that begins now; nothing is read or written yet. Its heartbeat goes over `pulse`, connections of its own,
    /// so that nothing it waits behind makes a living node look dead; nil: over the others' (a command, a test).
    public init(_ database: Database, pulse: Database? = nil, on loop: EventLoop) {
        self.database = database
        self.pulse = Pulse(pulse ?? database)
        self.loop = loop
        clock = DatabaseClock()
        node = ID()
        dueBell = Bell(on: loop)
        jobsBell = Bell(on: loop)
        partitions = Partitions(database)
    }
}

/// What nodes tell each other. A notification only wakes: whoever missed it looks again within a second anyway.
enum Topic: String {
    /// The queue has something new that is due soon.
    case due = "due"
    /// A job's next run was set by somebody who is not the scheduler.
    case jobs = "jobs"

    /// Sent with the statements of one batch: one notification for all of them.
    func notification(_ database: Database) -> Query { database.notification(on: rawValue) }
}
