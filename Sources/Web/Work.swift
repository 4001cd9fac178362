import Scheduling
import Tenancy
import Time

/// The doors to jobs and their executions, for the pages.
public struct Work: Sendable {
    public let jobs: Jobs
    public let executions: Executions
    public let testCalls: TestCalls
    public let events: Events
    public let alerts: Alerts

    public init(jobs: Jobs, executions: Executions, testCalls: TestCalls, events: Events, alerts: Alerts) {
        (self.jobs, self.executions, self.testCalls, self.events) = (jobs, executions, testCalls, events)
        self.alerts = alerts
    }

    /// What is due is decided by the database's clock, and so is what "2 h ago" means.
    var now: Timestamp { jobs.now }
}

/// The doors to what is told of failures, and to whom.
public struct Alerts: Sendable {
    public let channels: Channels
    public let incidents: Incidents
    public let deliveries: Deliveries
    let suppressions: Suppressions

    public init(channels: Channels, incidents: Incidents, deliveries: Deliveries, suppressions: Suppressions) {
        (self.channels, self.incidents, self.deliveries, self.suppressions) = (channels, incidents, deliveries, suppressions)
    }
}
