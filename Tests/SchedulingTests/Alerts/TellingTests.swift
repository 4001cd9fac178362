import Foundation
import Postgres
import Testing
import Time

@testable import Scheduling

/// How many messages there are: the numbers of docs/reliability.md, which this keeps.
@Suite("Telling") struct TellingTests {
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
        #expect(digest.event == .digest && digest.passed.count == 29 && digest.recovered.isEmpty && digest.open.isEmpty)
        #expect(world.messages.last?.at == world.at(3_661.4))
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
        world.pass(to: 1_000)
        #expect(world.numbers() == [.digest: 2] && world.messages.last?.news.recovered.count == 30)
        for job in all { world.fails(job) }
        world.pass(to: 3_000)
        #expect(world.numbers() == [.digest: 2])
        world.pass(to: 4_000)
        #expect(world.numbers() == [.digest: 3] && world.messages.last?.news.opened.count == 30)
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
