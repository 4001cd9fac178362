import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Tenancy

@Suite("The words of an alert") struct AlertMessageTests {
    private let job = ID<Job>(at: noon)
    private var context: AlertContext {
        let place = "https://prikke.test"
        let links = AlertLinks(
            incident: { "\(place)/\($0)/incidents/\($1)" }, incidents: { "\(place)/\($0)/alerts" },
            execution: { "\(place)/\($0)/executions/\($1)" }, channel: { "\(place)/\($0)/channels/\($1)" },
            channels: { "\(place)/\($0)/channels" }, usage: { "\(place)/\($0)/settings" }, leaving: { "\(place)/leave/\($0)" })
        var context = AlertContext(organization: ID(), slug: "acme", name: "Acme", links: links, now: noon.adding(.seconds(90_000)))
        context.jobs[job] = .init(id: job, key: "exports/nightly", name: "Nightly export", schedule: "Every hour")
        return context
    }

    private func news(_ event: Telling.News.Event, _ subject: String? = nil, _ change: (inout Telling.News) -> Void) -> AlertMessage {
        var news = Telling.News(channel: ID(), event: event, subject: subject)
        change(&news)
        return AlertMessage(news, in: context)
    }

    private func incident(_ kind: Incident.Kind = .failing, host: String? = nil, count: Int = 1, at second: Int64 = 0) -> Incident {
        .test(kind, job: kind == .breaker ? nil : job, host: host, count: count, openedAt: noon.adding(.seconds(second)))
    }

    @Test(arguments: [
        (Incident.Kind.failing, 1, "Nightly export failed"), (.failing, 3, "Nightly export failed 3 times in a row"),
        (.missed, 1, "Nightly export missed a run"), (.missed, 4, "Nightly export missed 4 runs"),
        (.stopped, 1, "Nightly export was paused by its target"), (.setAside, 1, "Nightly export has no next run"),
        (.breaker, 1, "api.example.com fails, its jobs wait"),
    ])
    func oneIncidentIsCalledByItsName(kind: Incident.Kind, count: Int, title: String) {
        let host = kind == .breaker ? "api.example.com:443" : nil
        #expect(news(.opened, "x") { $0.opened = [incident(kind, host: host, count: count)] }.title == title)
    }

    @Test func oneFailureSaysWhatPeopleAskForAndLeadsToItsExecution() throws {
        let id = ID<Execution>(at: noon)
        var context = context
        context.executions[id] = Execution(
            id: id, jobID: job, status: .failed, reason: .httpStatus, trigger: .schedule, scheduledFor: noon, attempt: 3, statusCode: 503,
            response: .init(body: Array(String(repeating: "é", count: 2_000).utf8).dropLast(1), size: 4_000, isTruncated: true))
        var news = Telling.News(channel: ID(), event: .opened, subject: job.text)
        news.opened = [.test(.failing, job: job, host: "api.example.com:8080", openedAt: noon, execution: id)]
        let message = AlertMessage(news, in: context)
        #expect(message.url == "https://prikke.test/acme/executions/\(id)" && message.happenedAt == noon)
        #expect(message.paragraphs == ["The target answered 503."])
        #expect(
            message.facts.map { "\($0.label): \($0.value)" } == [
                "Job: Nightly export (exports/nightly)", "Schedule: Every hour", "Host: api.example.com:8080", "Reason: http_status",
                "Status: 503", "Attempts: 3", "Since: 2026-06-01 12:00 UTC", "Organization: Acme",
            ])
        #expect(message.output?.count == 1_000 && message.output?.hasSuffix("é…") == true)
        #expect(message.data["incident"]?["kind"] == "failing" && message.data["job"]?["name"] == "Nightly export")
        #expect(message.data["execution"]?["status_code"] == 503)
        #expect(AlertMessage(message.json) == message)
    }

    @Test func whatIsNoTextIsNotShown() {
        let id = ID<Execution>(at: noon)
        var context = context
        context.executions[id] = Execution(
            id: id, jobID: job, status: .failed, trigger: .schedule, scheduledFor: noon, response: .init(body: [0, 255], size: 2))
        var news = Telling.News(channel: ID(), event: .opened, subject: job.text)
        news.opened = [.test(.failing, job: job, openedAt: noon, execution: id)]
        #expect(AlertMessage(news, in: context).output == nil)
    }

    @Test func manyOnOneHostAreCountedAndTenAreNamed() {
        let message = news(.opened, "host:api.example.com:443") { news in
            news.opened = (0..<37).map { .test(.failing, job: ID(), host: "api.example.com:443", openedAt: noon.adding(.seconds($0))) }
        }
        #expect(message.title == "37 jobs fail on api.example.com")
        #expect(message.facts.first?.value.hasSuffix("and 27 more") == true)
        #expect(message.data["incidents"]?.array?.count == 10 && message.data["count"] == 37)
        #expect(message.url.contains("/incidents/inc_"))
    }

    @Test func aRecoverySaysHowLongItLasted() {
        let message = news(.recovered, job.text) { $0.recovered = [incident().closed(at: noon.adding(.seconds(7_500)))] }
        #expect(message.title == "Nightly export works again" && message.tone == .good)
        #expect(message.facts.contains(.init("Lasted", "2 h 5 min")))
    }

    @Test func aReminderSaysHowLongItHasLasted() {
        let message = news(.continued, job.text) { $0.open = [incident()] }
        #expect(message.title == "Nightly export still fails" && message.facts.contains(.init("Lasted", "1 d 1 h")))
    }

    @Test func aDigestOfAFlappingJobSaysHowItStands() {
        let passed = (1...5).map { incident(at: Int64($0) * 60).closed(at: noon.adding(.seconds(Int64($0) * 60 + 30))) }
        let well = news(.digest, job.text) { ($0.passed, $0.recovered) = (passed, [incident().closed(at: noon.adding(.seconds(30)))]) }
        #expect(well.title == "Nightly export failed 5 times more and works again" && well.tone == .good)
        let failing = news(.digest, job.text) { ($0.passed, $0.opened) = (passed, [incident(at: 3_000)]) }
        #expect(failing.title == "Nightly export failed 6 times more and fails now" && failing.tone == .bad)
        #expect(failing.paragraphs.last == "Since the last message: 1 began to fail, 5 failed and worked again.")
    }

    @Test func aDigestOfSeveralLeadsToTheList() {
        let message = news(.digest) { $0.opened = (0..<117).map { _ in .test(.failing, job: ID(), openedAt: noon) } }
        #expect(message.title == "117 jobs failed, 117 fail now" && message.url == "https://prikke.test/acme/alerts")
    }

    @Test func whatProgramsGetIsUnderTwentyKilobytes() {
        let id = ID<Execution>(at: noon)
        var context = context
        context.executions[id] = Execution(
            id: id, jobID: job, status: .failed, trigger: .schedule, scheduledFor: noon, errorMessage: String(repeating: "💥", count: 8_000),
            response: .init(body: [UInt8](repeating: 0, count: 1_024), size: 1_024))
        var news = Telling.News(channel: ID(), event: .opened, subject: job.text)
        news.opened = [.test(.failing, job: job, openedAt: noon, execution: id, detail: String(repeating: "💥", count: 8_000))]
        #expect(AlertMessage(news, in: context).data.bytes().count < 20_000)
    }

    @Test(arguments: [(5, "5 s"), (65, "1 min 5 s"), (3_600, "1 h"), (90_061, "1 d 1 h"), (0, "0 s")])
    func durationsAreSaidInTwoUnits(seconds: Int64, words: String) {
        #expect(AlertContext.words(.seconds(seconds)) == words)
    }
}
