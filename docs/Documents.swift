/// A page of this folder that is for whoever uses Prikke, compiled into the program: `/docs/cron` shows `cron.md`. The others are for
/// whoever works on it.
public struct Document: Sendable {
    /// Stands in its address.
    public let name: String
    /// What it is called where pages are listed.
    public let title: String
    /// What is in it, in a sentence.
    public let summary: String
    /// Markdown.
    public let text: String

    /// In the order in which somebody new reads them.
    public static let all = [
        Document(
            "getting-started", "Getting started", "From signing up to the first execution, with curl or a file in your repository.",
            PackageResources.getting_started_md),
        Document(
            "cron", "Cron", "Cron expressions as Prikke reads them, explained live, with time zones and clock changes.",
            PackageResources.cron_md),
        Document(
            "webhooks", "Webhooks", "What a call looks like, how to check its signature, and what your answer can ask for.",
            PackageResources.webhooks_md),
        Document(
            "alerts", "Alerts", "What you are told when a job fails, where, and how often: channels, incidents, silence.",
            PackageResources.alerts_md),
        Document(
            "sync", "Sync", "Jobs in a file beside the code they call: plan, apply, undo, and import of a crontab.",
            PackageResources.sync_md),
        Document("plugins", "Plugins", "What a job can do: the kinds of job that there are.", PackageResources.plugins_md),
        Document(
            "self-hosting", "Self-hosting", "Prikke on a machine of your own: one program, one PostgreSQL, settings, proxy and backup.",
            PackageResources.self_hosting_md),
    ]

    private init(_ name: String, _ title: String, _ summary: String, _ bytes: [UInt8]) {
        (self.name, self.title, self.summary, text) = (name, title, summary, String(decoding: bytes, as: UTF8.self))
    }
}
