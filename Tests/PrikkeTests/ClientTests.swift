import JSON
import Synchronization
import TestSupport
import Testing

@testable import Prikke

/// The command line's client against a receiver that answers as a server would.
@Suite(.timeLimit(.minutes(2))) struct ClientTests {
    private func failure(_ status: Int, _ body: String, _ headers: [(name: String, value: String)] = []) async throws -> String {
        let receiver = try Receiver()
        receiver.answer("/api/x") { _ in Receiver.Answer(status: status, headers: headers, body: body) }
        do {
            _ = try await APIClient(base: receiver.url, key: "k").send("POST", "/api/x", [:])
            return ""
        } catch { return "\(error)" }
    }

    @Test(arguments: [
        (401, "unauthorized", "PRIKKE_API_KEY"), (402, "limit_reached", "plan"), (403, "forbidden", "scope"),
        (409, "not_managed", "--adopt"),
        (409, "delete_not_confirmed", "--confirm-delete"), (429, "too_many_requests", "in 7 s"), (503, "unavailable", "in 7 s"),
        (500, "internal", "log"),
    ])
    func aRefusalIsOneLineWithItsRemedy(status: Int, code: String, word: String) async throws {
        let body = #"{"status":\#(status),"code":"\#(code)","detail":"That did not work."}"#
        let text = try await failure(status, body, [("Retry-After", "7"), ("Content-Type", "application/problem+json")])
        #expect(text.contains("That did not work. (\(status))") && text.contains(word), "\(text)")
        #expect(!text.contains("\n"))
    }

    @Test func whatIsNotPrikkeIsSaidSo() async throws {
        #expect(try await failure(404, "<html>").contains("PRIKKE_URL"))
        #expect(try await failure(200, "<html>").contains("PRIKKE_URL"))
    }

    @Test func aServerThatIsNotThereIsNamedWithTheRemedy() async throws {
        do {
            _ = try await APIClient(base: "http://127.0.0.1:\(try freePort())", key: "k").get("/api/jobs")
            Issue.record("it answered")
        } catch {
            #expect("\(error)".contains("prikke serve") && "\(error)".contains("PRIKKE_URL") && (error as? CallFailure)?.isPassing == true)
        }
    }

    @Test func aChangeThatIsCutOffIsNotSentAgain() async throws {
        let receiver = try Receiver()
        receiver.answer("/api/sync") { _ in .dropped }
        await #expect(throws: CallFailure.self) { try await APIClient(base: receiver.url, key: "k").send("PUT", "/api/sync", [:]) }
        #expect(receiver.requests.count == 1)
    }

    @Test func readingWaitsWhereTheServerAsksForIt() async throws {
        let receiver = try Receiver()
        let calls = Atomic(0)
        receiver.answer("/api/jobs") { _ in
            calls.add(1, ordering: .relaxed).newValue == 1
                ? Receiver.Answer(status: 429, headers: [("Retry-After", "1")], body: "{}") : Receiver.Answer(body: #"{"data":[]}"#)
        }
        #expect(try await APIClient(base: receiver.url, key: "k").get("/api/jobs") == ["data": []])
        #expect(receiver.requests.allSatisfy { $0.header("Authorization") == "Bearer k" })
    }

    @Test func aListIsReadToItsEnd() async throws {
        let receiver = try Receiver()
        receiver.answer("/api/jobs") { request in
            request.path.contains("cursor=a%2Bb")
                ? Receiver.Answer(body: #"{"data":[2],"next_cursor":null}"#) : Receiver.Answer(body: #"{"data":[1],"next_cursor":"a+b"}"#)
        }
        #expect(try await APIClient(base: receiver.url, key: "k").all("/api/jobs?tag=x") == [1, 2])
    }

    @Test func aLargeAnswerComesWhole() async throws {
        let receiver = try Receiver()
        let body = "[" + String(repeating: "\"0123456789\",", count: 100_000) + "0]"
        receiver.answer("/api/x") { _ in Receiver.Answer(body: body) }
        #expect(try await APIClient(base: receiver.url, key: "k").get("/api/x").array?.count == 100_001)
    }

    @Test(arguments: [
        ("exports/nightly", "/api/jobs/key:exports%2Fnightly"), ("key:a", "/api/jobs/key:a"),
        ("job_01m8nghq04e37vpcb0khz95zta", "/api/jobs/job_01m8nghq04e37vpcb0khz95zta"),
    ])
    func aJobIsNamedByKeyOrID(text: String, path: String) { #expect(JobReference(argument: text)?.path == path) }

    @Test func theKeyComesFromTheEnvironmentAlone() throws {
        #expect(throws: (any Error).self) { try ClientSettings.parse([]).client([:]) }
        #expect(throws: (any Error).self) { try ClientSettings.parse(["--url", "ftp://x"]).client(["PRIKKE_API_KEY": "k"]) }
        #expect(throws: (any Error).self) { try ClientSettings.parse([]).client(["PRIKKE_API_KEY": "k\nx"]) }
        #expect(try ClientSettings.parse([]).client(["PRIKKE_API_KEY": "k"]).base == "http://127.0.0.1:4000")
        #expect(
            try ClientSettings.parse(["--url", "https://a.example/"]).client(["PRIKKE_API_KEY": "k", "PRIKKE_URL": "http://b"]).base
                == "https://a.example")
    }
}

@Suite struct ExecutionTailTests {
    private func execution(_ id: String, _ status: String, _ finished: String? = nil, due: String = "5") -> JSON {
        [
            "id": .string(id), "status": .string(status), "scheduled_for": .string(due),
            "finished_at": finished.map(JSON.string) ?? .null,
        ]
    }

    private func ids(_ tail: inout ExecutionTail, _ pages: [[JSON]], one: JSON = .null) async throws -> [String] {
        let told = try await tail.look(
            page: { cursor in
                let index = cursor.flatMap { Int($0) } ?? 0
                return ["data": .array(pages[index]), "next_cursor": index + 1 < pages.count ? .string("\(index + 1)") : .null]
            }, one: { _ in one })
        return told.compactMap { $0["id"]?.string }
    }

    @Test func eachIsToldOnceWhenItHasEnded() async throws {
        var tail = ExecutionTail(history: 1)
        #expect(
            try await ids(&tail, [[execution("c", "running"), execution("b", "success", "2"), execution("a", "failed", "1")]]) == ["b"])
        #expect(try await ids(&tail, [[execution("c", "running"), execution("b", "success", "2")]]) == [])
        #expect(try await ids(&tail, [[execution("c", "success", "3"), execution("b", "success", "2")]]) == ["c"])
        #expect(try await ids(&tail, [[execution("c", "success", "3"), execution("b", "success", "2")]]) == [])
    }

    @Test func theyComeInTheOrderInWhichTheyEnded() async throws {
        var tail = ExecutionTail(history: 0)
        #expect(try await ids(&tail, [[execution("x", "success", "0")]]) == [])
        let pages = [
            [execution("d", "success", "2"), execution("c", "success", "4")],
            [execution("b", "success", "1"), execution("x", "success", "0")], [execution("old", "success", "0", due: "4")],
        ]
        #expect(try await ids(&tail, pages) == ["b", "d", "c"])
    }

    @Test func whatHasSlippedOffThePageIsAskedFor() async throws {
        var tail = ExecutionTail(history: 0)
        #expect(try await ids(&tail, [[execution("slow", "running"), execution("a", "success", "1")]]) == [])
        #expect(try await ids(&tail, [[execution("a", "success", "1")]], one: execution("slow", "timeout", "9")) == ["slow"])
        #expect(try await ids(&tail, [[execution("a", "success", "1")]]) == [])
    }
}
