import Foundation
import Postgres
import Testing
import Time

@testable import Scheduling

/// How many messages there are: the numbers of docs/reliability.md, which this keeps.
@Suite("Telling") struct TellingTests {
    private static let day: Double = 86_400
    private static let host = "api.example.com:443"

    struct Scenario: Sendable, CustomTestStringConvertible {
        let name: String
        /// opened, digest, continued, recovered.
        let numbers: [Int]
        let play: @Sendable (inout TellingWorld) -> Void

        var testDescription: String { name }
    }

    private static func jobs(_ count: Int) -> [ID<Job>] { (0..<count).map { _ in ID<Job>() } }

    static let scenarios = [
        Scenario(name: "A job fails, and works again two hours later", numbers: [1, 0, 0, 1]) { world in
            let job = ID<Job>()
            world.fails(job)
            world.pass(to: 7_200)
            world.works(job)
            world.pass(to: 2 * day)
        },
        Scenario(name: "A job fails, and works again after five minutes", numbers: [1, 0, 0, 1]) { world in
            let job = ID<Job>()
            world.fails(job)
            world.pass(to: 300)
            world.works(job)
            world.pass(to: 2 * day)
        },
        Scenario(name: "A job fails for three days", numbers: [1, 0, 3, 1]) { world in
            let job = ID<Job>()
            world.fails(job)
            world.pass(to: 3 * day + 100)
            world.works(job)
            world.pass(to: 5 * day)
        },
        Scenario(name: "A job flaps: each minute it fails or works, for 24 hours", numbers: [1, 24, 0, 0]) { world in
            let job = ID<Job>()
            for minute in 0..<1_440 {
                world.pass(to: Double(minute) * 60)
                if minute % 2 == 0 { world.fails(job) } else { world.works(job) }
            }
            world.pass(to: 2 * day)
        },
        Scenario(name: "A host is out: its 200 jobs fail at once, and work again two hours later", numbers: [1, 0, 0, 1]) { world in
            let all = jobs(200)
            for (index, job) in all.enumerated() {
                world.pass(to: Double(index) * 0.003)
                world.fails(job, host: host)
            }
            world.pass(to: 7_200)
            for (index, job) in all.enumerated() {
                world.pass(to: 7_200 + Double(index))
                world.works(job)
            }
            world.pass(to: day - 1)
        },
        Scenario(name: "A host is out: its 200 jobs fail, spread over an hour", numbers: [1, 1, 0, 1]) { world in
            let all = jobs(200)
            for (index, job) in all.enumerated() {
                world.pass(to: Double(index) * 18)
                world.fails(job, host: host)
            }
            world.pass(to: 9_000)
            for job in all { world.works(job) }
            world.pass(to: day - 1)
        },
        Scenario(name: "The same, and its breaker opens with the fifth", numbers: [1, 1, 0, 1]) { world in
            let (all, breaker) = (jobs(200), ID<Job>())
            for (index, job) in all.enumerated() {
                world.pass(to: Double(index) * 18)
                world.fails(job, host: host)
                if index == 4 { world.fails(breaker, host: host, kind: .breaker) }
            }
            world.pass(to: 9_000)
            world.works(breaker)
            for job in all { world.works(job) }
            world.pass(to: day - 1)
        },
        Scenario(name: "A breaker is open for six hours, and 50 more jobs of its host fail meanwhile", numbers: [1, 0, 0, 1]) { world in
            let (all, breaker) = (jobs(50), ID<Job>())
            world.fails(breaker, host: host, kind: .breaker)
            for (index, job) in all.enumerated() {
                world.pass(to: 60 + Double(index) * 360)
                world.fails(job, host: host)
            }
            world.pass(to: 21_600)
            world.works(breaker)
            for job in all { world.works(job) }
            world.pass(to: day - 1)
        },
        Scenario(name: "10,000 jobs of as many hosts fail within a minute", numbers: [0, 2, 0, 0]) { world in
            for (index, job) in jobs(10_000).enumerated() {
                if index % 2_500 == 0 { world.pass(to: Double(index) * 0.006) }
                world.fails(job)
            }
            world.pass(to: 7_200)
        },
        Scenario(name: "10,000 jobs of one host fail within a minute", numbers: [1, 1, 0, 0]) { world in
            for (index, job) in jobs(10_000).enumerated() {
                if index % 2_500 == 0 { world.pass(to: Double(index) * 0.006) }
                world.fails(job, host: host)
            }
            world.pass(to: 7_200)
        },
        Scenario(name: "Half of a host’s 200 jobs work again, the others a day later", numbers: [1, 0, 1, 1]) { world in
            let all = jobs(200)
            for job in all { world.fails(job, host: host) }
            world.pass(to: 7_200)
            for job in all.prefix(100) { world.works(job) }
            world.pass(to: day + 7_200)
            for job in all.suffix(100) { world.works(job) }
            world.pass(to: 2 * day)
        },
        Scenario(name: "A job fails in a silence, and still does at its end", numbers: [1, 0, 0, 0]) { world in
            let job = ID<Job>()
            world.silences[job.text] = world.at(3_600)
            world.fails(job)
            world.pass(to: 7_200)
        },
        Scenario(name: "A job fails in a silence, and works again before its end", numbers: [0, 0, 0, 0]) { world in
            let job = ID<Job>()
            world.silences["*"] = world.at(3_600)
            world.fails(job)
            world.pass(to: 1_800)
            world.works(job)
            world.pass(to: 2 * day)
        },
        Scenario(name: "A channel is added while a job fails: it is told with the next day’s reminder", numbers: [2, 0, 1, 2]) { world in
            let job = ID<Job>()
            world.fails(job)
            world.pass(to: 600)
            world.channels.append(ID())
            world.pass(to: day + 100)
            world.works(job)
            world.pass(to: 2 * day)
        },
        Scenario(name: "A job whose alerts are off fails for a week", numbers: [0, 0, 0, 0]) { world in
            let job = ID<Job>()
            world.audiences[job] = .nobody
            world.fails(job)
            world.pass(to: 7 * day)
        },
        Scenario(name: "A job with a channel of its own, of three, fails for a day", numbers: [1, 0, 1, 1]) { world in
            let job = ID<Job>()
            world.channels += [ID(), ID()]
            world.audiences[job] = .only([world.channels[1]])
            world.fails(job)
            world.pass(to: day + 100)
            world.works(job)
            world.pass(to: 3 * day)
        },
        Scenario(name: "A job with after: 3 fails three times", numbers: [1, 0, 0, 0]) { world in
            world.fails(ID(), count: 3)
            world.pass(to: 3_600)
        },
        Scenario(name: "40 jobs miss a run in one moment", numbers: [1, 0, 0, 0]) { world in
            for job in jobs(40) {
                world.fails(job, kind: .missed)
                world.works(job)
            }
            world.pass(to: 3 * day)
        },
        Scenario(name: "A target pauses its job, and a week goes by", numbers: [1, 0, 0, 0]) { world in
            world.fails(ID(), kind: .stopped)
            world.pass(to: 7 * day)
        },
        Scenario(name: "A job that fails is deleted", numbers: [1, 0, 0, 0]) { world in
            let job = ID<Job>()
            world.fails(job)
            world.pass(to: 7_200)
            world.works(job, closedReason: "Its job was deleted.")
            world.pass(to: 3 * day)
        },
    ]

    @Test(arguments: scenarios) func theNumberOfMessagesIsThatOfTheRules(_ scenario: Scenario) {
        var world = TellingWorld()
        scenario.play(&world)
        let numbers = world.numbers()
        #expect([.opened, .digest, .continued, .recovered].map { numbers[$0] ?? 0 } == scenario.numbers)
    }

    @Test func theTableInTheDocumentIsThatOfTheScenarios() throws {
        let rows = Self.scenarios.map { "| \($0.name) | \($0.numbers.map(String.init).joined(separator: " | ")) |" }
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/reliability.md")
        let document = try String(contentsOf: file, encoding: .utf8)
        #expect(document.contains(rows.joined(separator: "\n")), "docs/reliability.md:\n\(rows.joined(separator: "\n"))")
    }

    // MARK: - What is in them

    @Test func aDigestCountsWhatOpenedAndClosedMeanwhile() throws {
        var world = TellingWorld()
        let job = ID<Job>()
        for minute in 0..<60 {
            world.pass(to: Double(minute) * 60)
            if minute % 2 == 0 { world.fails(job) } else { world.works(job) }
        }
        world.pass(to: 4_000)
        let digest = try #require(world.messages.last?.news)
        #expect(digest.event == .digest && digest.passed.count == 29 && digest.recovered.count == 1 && digest.open.isEmpty)
        #expect(world.messages.last?.at == world.at(3_601.4))
    }

    @Test func aMessageOfOneSubjectDoesNotHoldBackAnother() {
        var world = TellingWorld()
        world.fails(ID())
        world.pass(to: 10)
        world.fails(ID())
        world.pass(to: 20)
        #expect(world.numbers() == [.opened: 2] && world.messages.last?.at == world.at(10.7))
    }

    @Test func whatIsMoreThanTenMessagesInAMinuteIsOneDigestAMinuteLater() {
        var world = TellingWorld()
        for index in 0..<15 {
            world.pass(to: Double(index))
            world.fails(ID())
        }
        world.pass(to: 3_000)
        #expect(world.numbers() == [.opened: 10, .digest: 1])
        #expect(world.messages.last?.news.opened.count == 5 && world.messages.last?.news.subject == nil)
    }

    @Test func whatWasInADigestOfSeveralIsQuietForAnHourToo() {
        var world = TellingWorld()
        let all = Self.jobs(30)
        for job in all { world.fails(job) }
        world.pass(to: 60)
        for job in all { world.works(job) }
        world.pass(to: 3_000)
        #expect(world.numbers() == [.digest: 1])
        world.pass(to: 4_000)
        #expect(world.numbers() == [.digest: 2] && world.messages.last?.news.recovered.count == 30)
    }

    @Test func aRecoveryIsToldOnlyWhereTheFailureWas() {
        var world = TellingWorld()
        let job = ID<Job>()
        world.fails(job)
        world.pass(to: 600)
        let late = ID<Channel>()
        world.channels.append(late)
        world.pass(to: 7_200)
        world.works(job)
        world.pass(to: 9_000)
        #expect(world.numbers(late)[.recovered] == nil && world.numbers()[.recovered] == 1)
    }

    @Test func aSilenceOfAJobHoldsForWhatIsOfItsHost() {
        var world = TellingWorld()
        let (muted, other) = (ID<Job>(), ID<Job>())
        world.silences[muted.text] = .endOfTime
        world.fails(muted, host: Self.host)
        world.fails(other, host: Self.host)
        world.pass(to: 600)
        #expect(world.messages.map(\.news.opened.count) == [1] && world.messages[0].news.opened[0].jobID == other)
    }

    @Test func whatOurOwnNetworkBreaksIsHeldForTenMinutesAndForgottenWhereItHasMended() {
        let (open, mended) = (Incident.test(.failing, job: ID(), openedAt: noon), Incident.test(.failing, job: ID(), openedAt: noon))
        var telling = Telling(now: noon.adding(.seconds(30)), isHeld: true)
        telling.channels = [ID()]
        telling.pending = [open, mended.closed(at: noon.adding(.seconds(20)))].map { .init(incident: $0, audience: .organization) }
        let held = telling.decide()
        #expect(held.news.isEmpty && held.next[open.id] == noon.adding(.seconds(50)) && held.next[mended.id] == .some(nil))
        var later = Telling(now: noon.adding(.seconds(601)), isHeld: true)
        (later.channels, later.pending) = (telling.channels, [.init(incident: open, audience: .organization)])
        #expect(later.decide().news.map(\.event) == [.opened])
    }

    @Test func aJobWhoseOwnChannelsAreAllGoneTellsTheOrganizations() {
        var world = TellingWorld()
        let job = ID<Job>()
        world.audiences[job] = .only([ID()])
        world.fails(job)
        world.pass(to: 10)
        #expect(world.numbers() == [.opened: 1])
    }
}
