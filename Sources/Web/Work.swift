import Scheduling
import Time

/// The doors to jobs and their executions, for the pages.
public struct Work: Sendable {
    public let jobs: Jobs
    public let executions: Executions
    public let testCalls: TestCalls
    public let events: Events

    public init(jobs: Jobs, executions: Executions, testCalls: TestCalls, events: Events) {
        (self.jobs, self.executions, self.testCalls, self.events) = (jobs, executions, testCalls, events)
    }

    /// What is due is decided by the database's clock, and so is what "2 h ago" means.
    var now: Timestamp { jobs.now }
}
