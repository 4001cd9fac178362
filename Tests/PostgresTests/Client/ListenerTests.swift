import Postgres
import TestSupport
import Testing

@Suite(.database, .timeLimit(.minutes(1))) struct ListenerTests {
    @Test func whatIsSaidIsHeard() async throws {
        try await Scratch.with { scratch in
            var ears = scratch.database.listen(to: "jobs").makeAsyncIterator()
            #expect(await ears.next() == .reconnected)
            try await scratch.database.query(scratch.database.notification(on: "jobs", payload: "one"))
            try await scratch.database.query(scratch.database.notification(on: "other", payload: "not for us"))
            try await scratch.database.query(scratch.database.notification(on: "jobs"))
            #expect(await ears.next() == .received("one"))
            #expect(await ears.next() == .received(""))
        }
    }

    @Test func hearingGoesOnAfterTheSessionIsKilled() async throws {
        try await Scratch.with { scratch in
            var ears = scratch.database.listen(to: "jobs").makeAsyncIterator()
            for round in 0..<3 {
                #expect(await ears.next() == .reconnected)
                try await scratch.database.query(scratch.database.notification(on: "jobs", payload: "\(round)"))
                #expect(await ears.next() == .received("\(round)"))
                #expect(try await scratch.terminate(like: "LISTEN%") == 1)
            }
        }
    }

    /// The connection lives, but nothing would ever be heard over it.
    @Test func aChannelThatIsRefusedIsAskedForOnAnotherConnection() async throws {
        let server = try FakeServer(.refuses)
        defer { server.stop() }
        let database = try Database(
            DatabaseConfiguration(url: server.url, applicationName: "deaf"), on: Scratch.loop, logger: Scratch.logger)
        let stream = database.listen(to: "jobs")
        try await until("nobody asks again") { server.count >= 3 }
        await database.close()
        for await _ in stream { Issue.record("something was heard") }
    }

    @Test func channelsAndReadersShareOneConnection() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
        } _: { scratch in
            var first = scratch.database.listen(to: "a").makeAsyncIterator()
            #expect(await first.next() == .reconnected)
            var second = scratch.database.listen(to: "b \"quoted\"").makeAsyncIterator()
            var third = scratch.database.listen(to: "a").makeAsyncIterator()
            #expect(await second.next() == .reconnected)
            #expect(await third.next() == .reconnected)
            try await scratch.database.batch([
                scratch.database.notification(on: "a", payload: "x"), scratch.database.notification(on: "b \"quoted\"", payload: "y"),
            ])
            #expect(await first.next() == .received("x"))
            #expect(await second.next() == .received("y"))
            #expect(await third.next() == .received("x"))
            #expect(try await scratch.sessions() == 2)
        }
    }

    @Test func theSequenceEndsWithItsTaskAndTheSessionWithItsLastReader() async throws {
        try await Scratch.with {
            $0.hotConnections = 1
        } _: { scratch in
            let (heard, hear) = AsyncStream.makeStream(of: Notification.self)
            let task = Task {
                for await notification in scratch.database.listen(to: "jobs") { hear.yield(notification) }
                return "ended"
            }
            var iterator = heard.makeAsyncIterator()
            #expect(await iterator.next() == .reconnected)
            task.cancel()
            #expect(await task.value == "ended")
            try await until("the session stays open") { try await scratch.sessions() == 0 }
        }
    }

    @Test func schemasDoNotHearEachOther() async throws {
        try await Scratch.with { first in
            try await Scratch.with { second in
                var ears = first.database.listen(to: "jobs").makeAsyncIterator()
                #expect(await ears.next() == .reconnected)
                try await second.database.query(second.database.notification(on: "jobs", payload: "theirs"))
                try await first.database.query(first.database.notification(on: "jobs", payload: "ours"))
                #expect(await ears.next() == .received("ours"))
            }
        }
    }

    @Test func closingTheDatabaseEndsAllSequences() async throws {
        try await Scratch.with { scratch in
            var ears = scratch.database.listen(to: "jobs").makeAsyncIterator()
            #expect(await ears.next() == .reconnected)
            await scratch.database.close()
            #expect(await ears.next() == nil)
            var late = scratch.database.listen(to: "jobs").makeAsyncIterator()
            #expect(await late.next() == nil)
        }
    }

    @Test func aReaderThatFallsBehindIsToldSo() async throws {
        try await Scratch.with { scratch in
            let stream = scratch.database.listen(to: "jobs")
            var ears = scratch.database.listen(to: "done").makeAsyncIterator()
            #expect(await ears.next() == .reconnected)
            try await scratch.database.query(
                "SELECT pg_notify(\(scratch.database.qualified(channel: "jobs")), n::text) FROM generate_series(1, 3000) AS n")
            try await scratch.database.query(scratch.database.notification(on: "done"))
            #expect(await ears.next() == .received(""))
            var heard: [Notification] = []
            for await notification in stream {
                heard.append(notification)
                if heard.count == 1024 { break }
            }
            #expect(heard.contains(.received("3000")))
            #expect(heard.last == .reconnected)
        }
    }
}
