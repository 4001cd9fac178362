import Postgres

/// The numbered SQL files of this folder, embedded in the binary: it finds its schema wherever it is started.
public enum Migrations {
    /// In the order they are applied. (SwiftPM names a resource by its file, with the first digit made an underscore.)
    /// A file that was ever released is never changed; the next change is a new file.
    public static let all = [
        Migration(name: "0001_tenancy", sql: text(PackageResources._001_tenancy_sql)),
        Migration(name: "0002_jobs_and_queue", sql: text(PackageResources._002_jobs_and_queue_sql)),
        Migration(name: "0003_executions", sql: text(PackageResources._003_executions_sql)),
        Migration(name: "0004_survival", sql: text(PackageResources._004_survival_sql)),
        Migration(name: "0005_ledger", sql: text(PackageResources._005_ledger_sql)),
        Migration(name: "0006_zones_and_audit", sql: text(PackageResources._006_zones_and_audit_sql)),
        Migration(name: "0007_people", sql: text(PackageResources._007_people_sql)),
        Migration(name: "0008_mail", sql: text(PackageResources._008_mail_sql)),
        Migration(name: "0009_sealed_headers", sql: text(PackageResources._009_sealed_headers_sql)),
        Migration(name: "0010_api", sql: text(PackageResources._010_api_sql)),
        Migration(name: "0011_executions", sql: text(PackageResources._011_executions_sql)),
        Migration(name: "0012_conventions", sql: text(PackageResources._012_conventions_sql)),
        Migration(name: "0013_dashboard", sql: text(PackageResources._013_dashboard_sql)),
        Migration(name: "0014_job_life", sql: text(PackageResources._014_job_life_sql)),
        Migration(name: "0015_pages", sql: text(PackageResources._015_pages_sql)),
        Migration(name: "0016_alerts", sql: text(PackageResources._016_alerts_sql)),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
