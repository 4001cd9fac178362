import JSON
import Outbound
import Postgres
import Secrets
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

/// What a program of before has saved as it is.
extension JobSecretsTests {
    func plain(_ scene: Scene) async throws -> Job {
        let job = try await scene.jobs.create(Self.draft(), for: scene.acme)
        try await scene.database.query(
            """
            UPDATE jobs SET sealed_config = NULL, config = jsonb_set(config, '{headers}', \(Self.headers)) WHERE id = \(job.id)
            """)
        return job
    }

    @Test func whatIsStoredAsItIsIsMaskedAndSealedWhenTheJobIsSaved() async throws {
        let scene = try await Scene()
        let job = try await plain(scene)
        let found = try await scene.jobs.find(.id(job.id), for: scene.acme)
        #expect(found.definition.config == job.definition.config)
        _ = try await scene.jobs.change(.id(job.id), ["name": "x"], for: scene.acme)
        #expect(try await opened(scene, job) == ["/headers/authorization": "Bearer hunter2", "/headers/x-code": "hunter3"])
        #expect(try await !stored(scene).contains("hunter"))
    }

    @Test func whatIsStoredAsItIsIsSealedByItselfOnce() async throws {
        let scene = try await Scene()
        let job = try await plain(scene)
        _ = try await scene.jobs.create(.call(), for: scene.acme)
        #expect(try await scene.jobs.sealWhatIsPlain() == 1)
        #expect(try await scene.jobs.sealWhatIsPlain() == 0)
        #expect(try await opened(scene, job) == ["/headers/authorization": "Bearer hunter2", "/headers/x-code": "hunter3"])
        #expect(try await !stored(scene).contains("hunter"))
        #expect(try await scene.jobs.find(.id(job.id), for: scene.acme).version == 1)
    }
}
