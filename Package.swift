// swift-tools-version: 6.2
import PackageDescription

// Every target of ours is held to Swift 6 and to zero warnings; third-party code is not ours to judge.
let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

// Which target may import which is a promise kept by `scripts/check`; the compiler does not guard it.
let package = Package(
    name: "prikke",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "prikke", targets: ["Prikke"])
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: ["FullFoundation"]),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // Parts of Hummingbird that are named by our own code.
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    ],
    targets: [
        // C libraries of the system, with typed shims.
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CSpawn"),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(
            name: "CCMark", pkgConfig: "libcmark-gfm",
            providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"]), .brew(["cmark-gfm"])]),

        // Know no word of the domain.
        .target(
            name: "EventLoop", dependencies: ["CEpoll", .product(name: "HeapModule", package: "swift-collections")], swiftSettings: strict),
        .target(name: "Time", swiftSettings: strict),
        .target(name: "JSON", swiftSettings: strict),
        .target(name: "Secrets", dependencies: ["CCrypto"], swiftSettings: strict),
        .target(
            name: "Postgres",
            dependencies: [
                "CLibPQ", "CSpawn", "EventLoop", "Time", "JSON",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Outbound",
            dependencies: ["CCurl", "EventLoop", "Secrets", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict
        ),
        .target(
            name: "Migrations",
            dependencies: ["Postgres"],
            path: "migrations",
            exclude: ["schema.sql"],
            resources: [
                .embedInCode("0001_tenancy.sql"), .embedInCode("0002_jobs_and_queue.sql"), .embedInCode("0003_executions.sql"),
                .embedInCode("0004_survival.sql"), .embedInCode("0005_ledger.sql"), .embedInCode("0006_zones_and_audit.sql"),
                .embedInCode("0007_people.sql"), .embedInCode("0008_mail.sql"), .embedInCode("0009_sealed_headers.sql"),
                .embedInCode("0010_api.sql"), .embedInCode("0011_executions.sql"), .embedInCode("0012_conventions.sql"),
                .embedInCode("0013_dashboard.sql"), .embedInCode("0014_job_life.sql"), .embedInCode("0015_pages.sql"),
                .embedInCode("0016_alerts.sql"),
            ],
            swiftSettings: strict
        ),
        // What people read to use Prikke, and its pages of the same.
        .target(
            name: "Documents",
            path: "docs",
            exclude: ["architecture.md", "benchmarks.md", "decisions", "operations.md", "pictures", "reliability.md"],
            resources: [
                .embedInCode("getting-started.md"), .embedInCode("cron.md"), .embedInCode("webhooks.md"), .embedInCode("alerts.md"),
                .embedInCode("sync.md"),
                .embedInCode("plugins.md"), .embedInCode("self-hosting.md"),
            ],
            swiftSettings: strict
        ),

        // The domain, from the bottom up.
        .target(
            name: "Mail",
            dependencies: [
                "Postgres", "Outbound", "Secrets", "EventLoop", "Time", "JSON",
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Templates/message.html.mustache"), .embedInCode("Templates/message.txt.mustache")],
            swiftSettings: strict
        ),
        .target(
            name: "Tenancy",
            dependencies: [
                "Mail", "Postgres", "Secrets", "Time", "JSON", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Billing",
            dependencies: ["Tenancy", "JSON"],
            resources: [.embedInCode("plans.json")],
            swiftSettings: strict
        ),
        .target(
            name: "Scheduling",
            dependencies: [
                "Tenancy", "Mail", "Postgres", "Outbound", "Secrets", "EventLoop", "Time", "JSON",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Web",
            dependencies: [
                "CCMark", "CZlib", "Documents", "Scheduling", "Billing", "Tenancy", "Mail", "Outbound", "JSON", "Time",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [
                .embedInCode("Templates/overview.mustache"),
                .embedInCode("Templates/error.mustache"),
                .embedInCode("Templates/field.mustache"),
                .embedInCode("Templates/form.mustache"),
                .embedInCode("Templates/group.mustache"),
                .embedInCode("Templates/landing.mustache"),
                .embedInCode("Templates/layout.mustache"),
                .embedInCode("Templates/mail.mustache"),
                .embedInCode("Templates/incidents.mustache"),
                .embedInCode("Templates/incidentslive.mustache"),
                .embedInCode("Templates/incident.mustache"),
                .embedInCode("Templates/incidentlive.mustache"),
                .embedInCode("Templates/channels.mustache"),
                .embedInCode("Templates/channelslive.mustache"),
                .embedInCode("Templates/channel.mustache"),
                .embedInCode("Templates/channellive.mustache"),
                .embedInCode("Templates/newchannel.mustache"),
                .embedInCode("Templates/channelguess.mustache"),
                .embedInCode("Templates/mailbox.mustache"),
                .embedInCode("Templates/postbutton.mustache"),
                .embedInCode("Templates/plain.mustache"),
                .embedInCode("Templates/account.mustache"),
                .embedInCode("Templates/invites.mustache"),
                .embedInCode("Templates/members.mustache"),
                .embedInCode("Templates/keys.mustache"),
                .embedInCode("Templates/settings.mustache"),
                .embedInCode("Templates/audit.mustache"),
                .embedInCode("Templates/status.mustache"),
                .embedInCode("Templates/apicontents.mustache"),
                .embedInCode("Templates/apiresource.mustache"),
                .embedInCode("Templates/errorcodes.mustache"),
                .embedInCode("Templates/document.mustache"),
                .embedInCode("Templates/docscontents.mustache"),
                .embedInCode("Templates/cronexplained.mustache"),
                .embedInCode("Templates/time.mustache"),
                .embedInCode("Templates/overviewlive.mustache"),
                .embedInCode("Templates/jobs.mustache"),
                .embedInCode("Templates/jobslive.mustache"),
                .embedInCode("Templates/job.mustache"),
                .embedInCode("Templates/joblive.mustache"),
                .embedInCode("Templates/deletedjobs.mustache"),
                .embedInCode("Templates/jobform.mustache"),
                .embedInCode("Templates/jobpreview.mustache"),
                .embedInCode("Templates/testresult.mustache"),
                .embedInCode("Templates/executions.mustache"),
                .embedInCode("Templates/executionslive.mustache"),
                .embedInCode("Templates/execution.mustache"),
                .embedInCode("Templates/executionlive.mustache"),
                .embedInCode("Templates/replay.mustache"),
                .embedInCode("Assets/base.css"),
                .embedInCode("Assets/components.css"),
                .embedInCode("Assets/lists.css"),
                .embedInCode("Assets/jobform.css"),
                .embedInCode("Assets/execution.css"),
                .embedInCode("Assets/public.css"),
                .embedInCode("Assets/live.js"),
                .embedInCode("Assets/keys.js"),
                .embedInCode("Assets/forms.js"),
                .embedInCode("Assets/favicon.svg"),
                .embedInCode("Assets/favicon-alarm.svg"),
                .embedInCode("Assets/social-card.png"),
                .embedInCode("Assets/layout.css"),
                .embedInCode("Assets/tokens.css"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Prikke",
            dependencies: [
                "CCurl", "EventLoop", "Time", "JSON", "Secrets", "Postgres", "Outbound", "Migrations", "Mail", "Tenancy", "Billing",
                "Scheduling", "Web",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: strict
        ),

        // Measurements: `scripts/bench`.
        .executableTarget(
            name: "Bench",
            dependencies: [
                "Postgres", "EventLoop", "Time", .product(name: "Logging", package: "swift-log"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict),

        // Tests, from the bottom up.
        .target(
            name: "TestSupport",
            dependencies: ["Postgres", "Migrations", "EventLoop", "Time", "JSON", .product(name: "Logging", package: "swift-log")],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        // A program that the tests of the private Postgres kill.
        .executableTarget(
            name: "ClusterOwner", dependencies: ["Postgres", .product(name: "Logging", package: "swift-log")], path: "Tests/ClusterOwner",
            swiftSettings: strict),
        .testTarget(name: "EventLoopTests", dependencies: ["EventLoop"], swiftSettings: strict),
        .testTarget(name: "TimeTests", dependencies: ["Time", "TestSupport"], exclude: ["cases.tsv"], swiftSettings: strict),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(name: "SecretsTests", dependencies: ["Secrets"], swiftSettings: strict),
        .testTarget(
            name: "PostgresTests",
            dependencies: [
                "Postgres", "CLibPQ", "EventLoop", "Time", "JSON", "TestSupport", "ClusterOwner",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "OutboundTests",
            dependencies: ["Outbound", "EventLoop", "Secrets", "TestSupport", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TestSupportTests",
            dependencies: ["TestSupport", "Postgres", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MailTests",
            dependencies: [
                "Mail", "Postgres", "Secrets", "EventLoop", "Time", "JSON", "TestSupport",
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TenancyTests",
            dependencies: ["Tenancy", "Mail", "Postgres", "Secrets", "Time", "JSON", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "BillingTests", dependencies: ["Billing", "Tenancy"], swiftSettings: strict),
        .testTarget(
            name: "SchedulingTests",
            dependencies: [
                "Scheduling", "Tenancy", "Mail", "Postgres", "Outbound", "Secrets", "EventLoop", "Time", "JSON", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "Web", "Billing", "Documents", "Outbound", "Scheduling", "Tenancy", "Mail", "Postgres", "Secrets", "JSON", "Time",
                "TestSupport",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PrikkeTests",
            dependencies: [
                "Prikke", "Postgres", "Mail", "Tenancy", "Scheduling", "Web", "Secrets", "JSON", "Time", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["Crontabs"],
            swiftSettings: strict),
        // Start the program itself, as an operator would.
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Prikke", "Tenancy", "Postgres", "EventLoop", "Time", "JSON", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
    ]
)
