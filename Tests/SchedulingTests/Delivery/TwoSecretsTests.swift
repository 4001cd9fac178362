import Foundation
import JSON
import Outbound
import Secrets
import TestSupport
import Testing
import Time

@testable import Postgres
@testable import Scheduling
@testable import Tenancy

/// A change of secrets as the target sees it, checked with OpenSSL's own HMAC instead of ours.
@Suite(.database, .timeLimit(.minutes(1))) struct TwoSecretsTests {
    @Test func bothSecretsSignTheNewerFirstAndNoneThatHasEnded() async throws {
        let policy = AddressPolicy(allowedNetworks: ["127.0.0.0/8"].compactMap(IPNetwork.init))
        let client = OutboundClient(
            policy: policy, settings: OutboundSettings(userAgent: "Prikke/test"), on: TestCluster.loop, logger: silence)
        let scene = try await Scene(plugins: [HTTPPlugin(client: client, policy: policy, userAgent: "Prikke/test")])
        let (organization, signing) = (scene.acme.organization.id, try #require(Scene.signing))
        let first: [UInt8] = try await scene.database.query("SELECT sealed FROM signing_secrets").only("sealed")
        let second = try signing.make(for: organization)
        let now = scene.engine.clock.now()
        for (sealed, end) in [(second, nil), (try signing.make(for: organization), now.adding(.seconds(-1)))] as [([UInt8], Timestamp?)] {
            try await scene.database.query(
                """
                INSERT INTO signing_secrets (organization_id, id, sealed, created_at, expires_at)
                VALUES (\(organization), \(UUID()), \(sealed), \(now.adding(.seconds(60))), \(end))
                """)
        }
        let receiver = try Receiver()
        let body = String(decoding: (0x20..<0x7F).map(UInt8.init), as: UTF8.self) + "ü\n"
        let job = try await scene.jobs.create(
            ["config": ["url": .string(receiver.url), "body": .string(body)]], for: scene.acme)
        _ = try await scene.executions.trigger(job, override: [:], by: .manual, for: scene.acme)
        try await scene.running([scene.worker()]) { _ = try await receiver.request(1) }
        let request = try #require(receiver.requests.first)
        let keys = signing.open([second, first], of: organization)
        let expected = try await onOwnThread { try keys.map { "v1," + (try Self.openSSL(hmacOf: request, key: $0)) } }
        #expect(keys.count == 2 && request.header("webhook-signature") == expected.joined(separator: " "))
    }

    private static func openSSL(hmacOf request: Receiver.Request, key: [UInt8]) throws -> String {
        let head = "\(request.header("webhook-id") ?? "").\(request.header("webhook-timestamp") ?? "")."
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data(Array(head.utf8) + request.body).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        let hexKey = key.map { String(format: "%02x", $0) }.joined()
        process.arguments = ["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(hexKey)", "-binary", file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return bytes.base64EncodedString()
    }
}
