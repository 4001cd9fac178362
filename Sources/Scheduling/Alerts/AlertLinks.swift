import Postgres

/// Where the links of alerts lead. The paths are the pages' to say; here they are only put into words.
public struct AlertLinks: Sendable {
    let incident: @Sendable (_ slug: String, ID<Incident>) -> String
    let incidents: @Sendable (_ slug: String) -> String
    let execution: @Sendable (_ slug: String, ID<Execution>) -> String
    let channel: @Sendable (_ slug: String, ID<Channel>) -> String
    let channels: @Sendable (_ slug: String) -> String
    /// Where what an organization has used is shown, and paid.
    let usage: @Sendable (_ slug: String) -> String
    /// Where an outside address says that it wants no more.
    let leaving: @Sendable (_ token: String) -> String

    /// Whole addresses, which begin with the site's configured one, whatever a request says.
    public init(
        incident: @escaping @Sendable (_ slug: String, ID<Incident>) -> String, incidents: @escaping @Sendable (_ slug: String) -> String,
        execution: @escaping @Sendable (_ slug: String, ID<Execution>) -> String,
        channel: @escaping @Sendable (_ slug: String, ID<Channel>) -> String, channels: @escaping @Sendable (_ slug: String) -> String,
        usage: @escaping @Sendable (_ slug: String) -> String, leaving: @escaping @Sendable (_ token: String) -> String
    ) {
        (self.incident, self.incidents, self.execution) = (incident, incidents, execution)
        (self.channel, self.channels, self.usage, self.leaving) = (channel, channels, usage, leaving)
    }
}
