import JSON
import Outbound
import Postgres
import Secrets
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// Secret header values: sealed in the database, never shown, sent.
@Suite(.database, .timeLimit(.minutes(1))) struct JobSecretsTests {
    static let headers: JSON = ["Authorization": "Bearer hunter2", "X-Team": "ops", "X-Code": "hunter3"]

    static func draft(_ headers: JSON = headers, marked: JSON = ["x-code"], url: String = "https://api.example.com/") -> JSON {
        ["key": "tick", "config": ["url": .string(url), "headers": headers, "secret_headers": marked]]
    }

    func stored(_ scene: Scene) async throws -> String {
        try await scene.database.query("SELECT string_agg(j::text, '') AS text FROM jobs j").only("text")
    }

    func opened(_ scene: Scene, _ job: Job) async throws -> JSONObject? {
        let sealed: [UInt8]? = try await scene.database.query("SELECT sealed_config FROM jobs WHERE id = \(job.id)").only("sealed_config")
        return try #require(Scene.secrets).open(try #require(sealed), of: job.id, scene.acme.organization.id)
    }

    @Test func secretsAreSealedAndNeverShown() async throws {
        let scene = try await Scene()
        let made = try await scene.jobs.create(Self.draft(), for: scene.acme)
        let found = try await scene.jobs.find(.id(made.id), for: scene.acme)
        let listed = try #require(try await scene.jobs.page(after: nil, limit: 10, for: scene.acme).first)
        for job in [made, found, listed] {
            #expect(job.definition.config["headers"] == ["Authorization": "***", "X-Team": "ops", "X-Code": "***"])
            #expect(!scene.jobs.json(job).description(contains: "hunter"))
        }
        #expect(try await !stored(scene).contains("hunter"))
        #expect(try await opened(scene, made) == ["/headers/authorization": "Bearer hunter2", "/headers/x-code": "hunter3"])
    }

    @Test func aJobWithoutSecretsHasNoEnvelope() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft(["X-Team": "ops"], marked: []), for: scene.acme)
        #expect(try await scene.count("jobs WHERE sealed_config IS NOT NULL") == 0)
        _ = try await scene.jobs.change(.id(job.id), ["config": ["headers": Self.headers]], for: scene.acme)
        #expect(try await opened(scene, job) == ["/headers/authorization": "Bearer hunter2"])
        _ = try await scene.jobs.change(.id(job.id), ["config": ["headers": ["Authorization": .null]]], for: scene.acme)
        #expect(try await scene.count("jobs WHERE sealed_config IS NOT NULL") == 0)
    }

    @Test func savingTheMaskKeepsTheValue() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft(), for: scene.acme)
        let shown = job.definition.config
        #expect(try await scene.jobs.change(.id(job.id), ["config": shown], for: scene.acme).version == 1, "nothing has changed")
        _ = try await scene.jobs.change(
            .id(job.id), ["key": "tock", "config": ["headers": ["authorization": "***", "Authorization": .null, "X-Code": "hunter4"]]],
            for: scene.acme)
        #expect(try await opened(scene, job) == ["/headers/authorization": "Bearer hunter2", "/headers/x-code": "hunter4"])
        #expect(try await scene.jobs.find(.key("tock"), for: scene.acme).definition.config["headers"]?["authorization"] == "***")
    }

    /// Whoever may change a job would read its secrets otherwise, by having them sent to himself.
    @Test(arguments: ["https://evil.example.com/", "http://api.example.com/", "https://api.example.com:8443/"])
    func secretsDoNotFollowAJobToAnotherHost(url: String) async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft(), for: scene.acme)
        let error = await #expect(throws: InvalidInput.self) {
            try await scene.jobs.change(.id(job.id), ["config": ["url": .string(url)]], for: scene.acme)
        }
        #expect(
            Set(error?.errors.map { "\($0.pointer) \($0.code)" } ?? []) == [
                "/config/headers/Authorization required", "/config/headers/X-Code required",
            ])
        _ = try await scene.jobs.change(
            .id(job.id), ["config": ["url": .string(url), "headers": ["Authorization": "Bearer new", "X-Code": "new"]]], for: scene.acme)
        _ = try await scene.jobs.change(.id(job.id), ["config": ["url": .string(url + "other/path")]], for: scene.acme)
        #expect(try await opened(scene, job)?["/headers/authorization"] == "Bearer new")
    }

    @Test func aNewValueIsAChangeAlthoughItIsShownAsTheOldOne() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft(), for: scene.acme)
        let changed = try await scene.jobs.change(
            .id(job.id), ["config": ["headers": ["Authorization": "Bearer hunter5"]]], for: scene.acme)
        #expect(changed.version == 2)
        #expect(try await opened(scene, job)?["/headers/authorization"] == "Bearer hunter5")
        let line = try #require(try await AuditLog(scene.database).page(after: nil, limit: 1, for: scene.acme).first)
        #expect(line.action == "job.changed")
        #expect(line.before == ["config": ["headers": ["Authorization": "***"]]] && line.after == line.before)
    }

    @Test func aMaskThatStandsForNothingIsRefused() async throws {
        let scene = try await Scene()
        func faults(_ body: () async throws -> Job) async -> [String] {
            do { _ = try await body() } catch let error as InvalidInput {
                return error.errors.map { "\($0.pointer) \($0.code)" }
            } catch { return ["\(error)"] }
            return []
        }
        let masked: JSON = ["Authorization": "***", "X-Team": "***", "Host": "x"]
        #expect(
            await faults { try await scene.jobs.create(Self.draft(masked), for: scene.acme) } == [
                "/config/headers/Authorization required", "/config/headers/Host not_allowed",
            ])
        let job = try await scene.jobs.create(Self.draft(), for: scene.acme)
        #expect(
            await faults { try await scene.jobs.change(.id(job.id), ["config": ["headers": ["X-Token": "***"]]], for: scene.acme) } == [
                "/config/headers/X-Token required"
            ])
        // A value that was secret is not laid open by unmarking it.
        #expect(
            await faults { try await scene.jobs.change(.id(job.id), ["config": ["secret_headers": []]], for: scene.acme) } == [
                "/config/headers/X-Code required"
            ])
        #expect(try await scene.jobs.find(.id(job.id), for: scene.acme).version == 1)
    }

    @Test func aPluginsOwnSecretFieldsAreSealedToo() async throws {
        struct Login: JobPlugin {
            static let kind = "login"
            static let fields = [Field("user", .string()), Field("password", .string(8...100), secret: true)]
            let seen: Signals<JSON>
            func check(_ config: JSON) -> [FieldError] { [] }
            func completed(_ config: JSON) -> JSON { config }
            func name(for config: JSON) -> String { "Login" }
            func run(_ call: JobCall) async -> Outcome {
                seen.send(call.config)
                return Outcome(reason: nil)
            }
        }
        let seen = Signals(of: JSON.self)
        let scene = try await Scene(plugins: [Login(seen: seen)])
        let config: JSON = ["user": "alice", "password": "hunter2hunter2"]
        let job = try await scene.jobs.create(["plugin": "login", "config": config], for: scene.acme)
        #expect(job.definition.config == ["user": "alice", "password": "***"])
        #expect(try await !stored(scene).contains("hunter"))
        // The mask is shorter than the field allows.
        _ = try await scene.jobs.change(.id(job.id), ["name": "x", "config": ["user": "bob"]], for: scene.acme)
        _ = try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme)
        try await scene.running([scene.worker()]) {
            #expect(await seen.next(1) == [["user": "bob", "password": "hunter2hunter2"]])
        }
        #expect(try await scene.count("audit_log a WHERE a::text LIKE '%hunter%'") == 0)
    }

    // MARK: - Sent

    func scene(_ receiver: Receiver) async throws -> (Scene, Job) {
        let policy = AddressPolicy(allowedNetworks: ["127.0.0.0/8"].compactMap(IPNetwork.init))
        let client = OutboundClient(
            policy: policy, settings: OutboundSettings(userAgent: "Prikke/test"), on: TestCluster.loop, logger: silence)
        let scene = try await Scene(plugins: [HTTPPlugin(client: client, policy: policy, userAgent: "Prikke/test")])
        return (scene, try await scene.jobs.create(Self.draft(url: receiver.url), for: scene.acme))
    }

    func run(_ job: Job, in scene: Scene) async throws -> (execution: Execution, attempts: [Attempt]) {
        let execution = try await scene.executions.trigger(job, override: [:], by: .api, for: scene.acme)
        try await scene.running([scene.worker()]) {
            try await until("it has ended") { try await scene.count("executions WHERE id = \(execution.id)") == 1 }
        }
        return try await scene.executions.find(execution.id.text, for: scene.acme)
    }

    @Test func theTargetGetsTheValuesAndTheRecordDoesNot() async throws {
        let receiver = try Receiver()
        let (scene, job) = try await scene(receiver)
        #expect(try await run(job, in: scene).execution.status == .success)
        let request = try #require(receiver.requests.first)
        #expect(request.header("Authorization") == "Bearer hunter2" && request.header("X-Code") == "hunter3")
        #expect(request.header("X-Team") == "ops")
        #expect(try await scene.count("attempts a WHERE a::text LIKE '%hunter%'") == 0)
        #expect(try await scene.count("attempts a WHERE a.request::text LIKE '%X-Code\", \"***%'") == 1)
    }

    /// Moved to another row or tenant, altered, or lost: nothing is sent, and it is said why.
    @Test(arguments: ["another job's", "altered", "gone"])
    func whatDoesNotOpenIsNotSent(_ fault: String) async throws {
        let receiver = try Receiver()
        let (scene, job) = try await scene(receiver)
        let other = try #require(Scene.secrets).seal(
            ["/headers/authorization": "x", "/headers/x-code": "y"], of: ID(), scene.acme.organization.id)
        let envelope: Query =
            switch fault {
            case "another job's": "\(other)"
            case "altered": "set_byte(sealed_config, 40, 255 - get_byte(sealed_config, 40))"
            default: "NULL"
            }
        try await scene.database.query("UPDATE jobs SET sealed_config = \(envelope)")
        let (execution, attempts) = try await run(job, in: scene)
        #expect(execution.status == .failed && execution.reason == .pluginLimit && attempts.count == 1)
        #expect(execution.errorMessage == Outcome.unopened.message)
        #expect(receiver.requests.isEmpty)
    }

    @Test func anEnvelopeOpensForItsOwnTenantAndJobAlone() async throws {
        let secrets = try #require(Scene.secrets)
        let (acme, job): (ID<Organization>, ID<Job>) = (ID(), ID())
        let envelope = try secrets.seal(["a": "b"], of: job, acme)
        #expect(secrets.open(envelope, of: job, acme) == ["a": "b"])
        #expect(secrets.open(envelope, of: ID(), acme) == nil)
        #expect(secrets.open(envelope, of: job, ID()) == nil)
    }

    @Test func aJobWhoseSecretsAreLostCanBePausedAndGivenNewOnes() async throws {
        let scene = try await Scene()
        let job = try await scene.jobs.create(Self.draft(), for: scene.acme)
        try await scene.database.query("UPDATE jobs SET sealed_config = set_byte(sealed_config, 1, 255 - get_byte(sealed_config, 1))")
        let paused = try await scene.jobs.pause(.id(job.id), until: nil, for: scene.acme)
        #expect(!paused.definition.enabled && paused.secrets.sealed != nil)
        await #expect(throws: InvalidInput.self) {
            try await scene.jobs.change(.id(job.id), ["config": ["headers": ["X-Code": "new"]]], for: scene.acme)
        }
        _ = try await scene.jobs.change(
            .id(job.id), ["config": ["headers": ["X-Code": "new", "Authorization": "new"]]], for: scene.acme)
        #expect(try await opened(scene, job) == ["/headers/authorization": "new", "/headers/x-code": "new"])
    }
}

extension JSON {
    fileprivate func description(contains text: String) -> Bool { String(decoding: bytes(), as: UTF8.self).contains(text) }
}
