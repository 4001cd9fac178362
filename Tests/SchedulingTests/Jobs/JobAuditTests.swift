import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// Every change of a job is in the audit log, and no secret is.
@Suite(.database) struct JobAuditTests {
    private func lines(_ scene: Scene) async throws -> [AuditEntry] {
        try await AuditLog(scene.database).page(after: nil, limit: 100, for: scene.acme).reversed().filter { $0.action.hasPrefix("job.") }
    }

    private static let draft: JSON = [
        "key": "tick", "name": "Tick", "schedule": ["every": "1h"],
        "config": [
            "url": "https://api.example.com/tick?token=hunter2&hunter2",
            "headers": ["Authorization": "Bearer hunter2", "X-Team": "hunter2"],
            "body": "hunter2",
        ],
    ]

    @Test func makingAJobIsToldWithAllThatWasSaid() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft, for: scene.acme)
        let line = try #require(try await lines(scene).first)
        #expect(line.action == "job.created" && line.subject == job.id.text && line.before == nil && line.actor == .system)
        let after = try #require(line.after)
        #expect(after["key"] == "tick" && after["name"] == "Tick" && after["schedule"] == ["every": "1h"])
        #expect(
            after["config"] == [
                "url": "https://api.example.com/tick?token=***&***", "method": "POST",
                "headers": ["Authorization": "***", "X-Team": "***"],
                "body": ["bytes": 7], "follow_redirects": false,
            ])
    }

    @Test func aChangeIsToldByTheMembersThatDiffer() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft, for: scene.acme)
        _ = try await scene.jobs.change(
            .id(job.id),
            [
                "name": "Tock", "schedule": ["cron": "0 2 * * *"], "key": "tick",
                "config": ["body": "a longer hunter2", "headers": ["X-Team": "hunter3", "X-New": "hunter4"]],
            ], for: scene.acme)
        let line = try #require(try await lines(scene).last)
        #expect(line.action == "job.changed" && line.subject == job.id.text)
        #expect(
            line.before == [
                "name": "Tick", "schedule": ["every": "1h"], "config": ["headers": ["X-Team": "***"], "body": ["bytes": 7]],
            ])
        #expect(
            line.after == [
                "name": "Tock", "schedule": ["cron": "0 2 * * *", "timezone": "UTC"],
                "config": ["headers": ["X-Team": "***", "X-New": "***"], "body": ["bytes": 16]],
            ])
    }

    @Test func aChangeThatChangesNothingIsNotTold() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft, for: scene.acme)
        _ = try await scene.jobs.change(.id(job.id), ["name": "Tick"], for: scene.acme)
        #expect(try await lines(scene).map(\.action) == ["job.created"])
    }

    @Test func whatIsRefusedIsNotTold() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft, for: scene.acme)
        let other = try await scene.jobs.create(.call(), for: scene.acme)
        await #expect(throws: InvalidInput.self) { try await scene.jobs.create(Self.draft, for: scene.acme) }
        await #expect(throws: InvalidInput.self) { try await scene.jobs.change(.id(other.id), ["key": "tick"], for: scene.acme) }
        await #expect(throws: Refusal.changedSince) {
            try await scene.jobs.change(.id(job.id), ["name": "x"], ifVersion: 7, for: scene.acme)
        }
        #expect(try await lines(scene).map(\.action) == ["job.created", "job.created"])
    }

    @Test func pausingResumingTriggeringAndDeletingHaveWordsOfTheirOwn() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft, for: scene.acme)
        let end = Timestamp(seconds: scene.engine.clock.now().seconds + 3_600)
        _ = try await scene.jobs.pause(.id(job.id), until: end, for: scene.acme)
        _ = try await scene.jobs.resume(.id(job.id), makingUp: .all, for: scene.acme)
        let run = try await scene.executions.trigger(
            job, override: ["reason": "to see", "body": "hunter2"], by: .api, for: scene.acme)
        try await scene.jobs.delete(.key("tick"), for: scene.acme)
        let told = try await lines(scene).dropFirst()
        #expect(told.map(\.action) == ["job.paused", "job.resumed", "job.triggered", "job.deleted"])
        #expect(told.allSatisfy { $0.subject == job.id.text })
        #expect(
            told.map(\.after) == [
                ["until": .string(end.rfc3339)], ["missed": "all"], ["execution": .string(run.id.text), "reason": "to see"], nil,
            ])
        #expect(told.last?.before == ["name": "Tick", "key": "tick"])
    }

    @Test func aRunOfAJobThatIsNotThereIsNotTold() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft, for: scene.acme)
        try await scene.jobs.delete(.id(job.id), for: scene.acme)
        await #expect(throws: Refusal.notFound) { try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme) }
        #expect(try await lines(scene).map(\.action) == ["job.created", "job.deleted"])
    }

    @Test func nothingThatMayBeASecretIsEverInIt() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft, for: scene.acme)
        for config in [
            ["url": "https://api.example.com/?hunter2"], ["headers": ["Authorization": "Basic hunter2"]],
            ["headers": ["Cookie": "hunter2"]],
            ["body": "aHVudGVyMg==", "body_encoding": "base64"], ["body": .null, "headers": .null],
        ] as [JSON] {
            _ = try await scene.jobs.change(.id(job.id), ["config": config], for: scene.acme)
        }
        let lines = try await lines(scene)
        #expect(lines.count == 6)
        for line in lines { #expect(!"\(line)".contains("hunter") && !"\(line)".contains("aHVu")) }
    }

    @Test(arguments: [
        ("https://api.example.com/tick", "https://api.example.com/tick"), ("https://a.example/?", "https://a.example/"),
        ("https://u:w@a.example/x?a=1&b&=c#d", "https://a.example/x?a=***&***&=***"), ("https://u@w@a.example", "https://a.example"),
        ("http://a.example?x=a@b", "http://a.example?x=***"), ("not a url @", "not a url @"),
    ])
    func anAddressIsShownWithoutWhatItMayHide(url: String, shown: String) {
        #expect(HTTPPlugin.masked(url: url) == shown)
    }
}
