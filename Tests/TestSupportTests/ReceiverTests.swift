import Foundation
import Testing
import TestSupport

@testable import Postgres

@Suite struct ReceiverTests {
    /// What curl, as a customer's client, makes of a URL: its exit code and output.
    private func curl(_ arguments: String...) async throws -> (code: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // Other tests of this process name proxies in its environment.
        process.arguments = ["curl", "--silent", "--max-time", "10", "--noproxy", "*"] + arguments
        process.standardOutput = output
        try process.run()
        return await onOwnThread {
            let bytes = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func aRequestIsKeptAsItCame() async throws {
        let receiver = try Receiver()
        receiver.answer("/hook") { _ in .init(status: 201, headers: [("X-Seen", "yes")], body: "hello") }
        let answer = try await curl("--include", "-H", "X-One: 1", "-H", "x-two:  2 ", "--data", "a=b", receiver.url + "/hook?q=1")
        #expect(answer.output.contains("201") && answer.output.contains("X-Seen: yes") && answer.output.hasSuffix("hello"))

        let request = try await receiver.request(1)
        #expect(request.method == "POST" && request.path == "/hook?q=1" && request.body == Array("a=b".utf8))
        let own = request.headers.filter { $0.name.lowercased().hasPrefix("x-") }.map { "\($0.name)=\($0.value)" }
        #expect(own == ["X-One=1", "x-two=2"])
        #expect(abs(request.arrived.duration(to: .now()) / .seconds(1)) < 60)
    }

    @Test func arrivalsWakeWhoWaits() async throws {
        let receiver = try Receiver()
        async let second = receiver.request(2, at: "/b")
        for path in ["/b", "/a", "/b?2"] { _ = try await curl(receiver.url + path) }
        _ = try await curl(receiver.url + "/b")
        #expect(try await second.path == "/b")
        await #expect(throws: Receiver.NothingCame.self) { try await receiver.request(1, at: "/never", within: .milliseconds(20)) }
    }

    @Test func anAnswerIsHeldUntilItsGateOpens() async throws {
        let receiver = try Receiver()
        let gate = Receiver.Gate()
        receiver.answer("/held") { _ in .held(by: gate, then: .init(body: "late")) }
        // Whether or not this one came as far as the receiver in its time, the other is told from it by its path.
        #expect(try await curl("--max-time", "0.2", receiver.url + "/held?1").code == 28)
        async let answer = curl("--max-time", "60", receiver.url + "/held?2")
        _ = try await receiver.request(1, at: "/held?2")
        gate.open()
        #expect(try await answer.output == "late")
    }

    @Test func itMisbehavesAsTold() async throws {
        let receiver = try Receiver()
        receiver.answer("/dropped") { _ in .dropped }
        receiver.answer("/cut") { _ in .cut(after: 60, body: String(repeating: "x", count: 100)) }
        receiver.answer("/huge") { _ in .huge(mebibytes: 3) }
        receiver.answer("/there") { _ in .redirect(to: "/here") }
        receiver.answer("/slow") { _ in .slow("drip", pause: .milliseconds(20)) }
        #expect(try await curl(receiver.url + "/dropped").code == 52)
        #expect(try await curl(receiver.url + "/cut").code == 18)
        #expect(try await curl(receiver.url + "/huge").output.utf8.count == 3 << 20)
        #expect(
            try await curl("--location", "-w", "%{http_code} %{url_effective}", receiver.url + "/there").output
                == "200 \(receiver.url)/here")
        #expect(try await curl(receiver.url + "/slow").output == "drip")
        receiver.close()
        #expect(try await curl(receiver.url).code == 7)
    }
}
