import Glibc
import Testing

@testable import Outbound

/// Against `openssl s_server`, which answers `-www`: a page about the connection.
@Suite("TLS", .enabled(if: TLSTarget.isAvailable))
struct TLSTests {
    private func call(_ target: TLSTarget, as host: String, trusting authority: String?) async throws -> Result<
        OutboundResponse, OutboundFailure
    > {
        let client = makeClient(names: [host: [["127.0.0.1"]]]) { $0.trustedCertificates = authority }
        return try await client.call("https://\(host):\(target.port)/")
    }

    @Test func aTrustedCertificateOfTheRightNameIsAccepted() async throws {
        let target = try await TLSTarget.start(name: "good.example.com")
        let response = try await call(target, as: "good.example.com", trusting: target.certificate).get()
        #expect(response.status == 200)
        #expect(response.timings.tls > 0)
        #expect(response.remoteAddress == "127.0.0.1")
    }

    @Test func theNameStaysInSNIThoughAnAddressIsConnected() async throws {
        // This server breaks off when it is asked for any other name, so the test above shows that it was asked for its own.
        let target = try await TLSTarget.start(name: "good.example.com")
        #expect(try await call(target, as: "other.example.com", trusting: target.certificate).failure?.reason == .tlsFailed)
    }

    @Test func aSelfSignedCertificateIsRefused() async throws {
        let target = try await TLSTarget.start(name: "good.example.com")
        let failure = try await call(target, as: "good.example.com", trusting: nil).failure
        #expect(failure?.reason == .tlsFailed)
        #expect(failure?.message == "The target's certificate is self-signed.")
        #expect(failure?.timings.sent == nil)
    }

    @Test func aCertificateForAnotherNameIsRefused() async throws {
        let target = try await TLSTarget.start(name: "good.example.com", checksName: false)
        let failure = try await call(target, as: "other.example.com", trusting: target.certificate).failure
        #expect(failure?.reason == .tlsFailed)
        #expect(failure?.message == "The target's certificate is not for this host.")
    }

    @Test func anExpiredCertificateIsRefused() async throws {
        let target = try await TLSTarget.start(name: "good.example.com", days: -1)
        let failure = try await call(target, as: "good.example.com", trusting: target.certificate).failure
        #expect(failure?.reason == .tlsFailed)
        #expect(failure?.message == "The target's certificate has expired.")
    }

    @Test func anOldProtocolIsRefused() async throws {
        let target = try await TLSTarget.start(name: "good.example.com", options: ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        #expect(try await call(target, as: "good.example.com", trusting: target.certificate).failure?.reason == .tlsFailed)
    }

    @Test func whatIsNoTLSIsATLSFailure() async throws {
        let target = try Target { connection in
            connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            connection.waitForEnd()
        }
        let failure = try await makeClient().call("https://127.0.0.1:\(target.port)/").failure
        #expect(failure?.reason == .tlsFailed)
    }

    @Test func aHandshakeThatNeverEndsRunsIntoTheDeadline() async throws {
        let target = try Target { $0.waitForEnd() }
        #expect(try await makeClient().call("https://127.0.0.1:\(target.port)/", timeout: .milliseconds(300)).failure?.reason == .deadline)
    }
}
