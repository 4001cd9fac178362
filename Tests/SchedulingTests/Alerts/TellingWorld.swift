import Postgres
import Time

@testable import Scheduling

/// An organization, in which a test lets things happen at their times, and what is told of them: no database, hours in a moment.
struct TellingWorld {
    struct Message: Equatable {
        let at: Timestamp
        let news: Telling.News

        static func == (left: Message, right: Message) -> Bool { left.at == right.at && left.news.event == right.news.event }
    }

    private struct Kept {
        var incident: Incident
        var audience: Telling.Audience
        var lookAt: Timestamp?
    }

    let begin = noon
    private(set) var messages: [Message] = []
    var channels: [ID<Channel>] = [ID()]
    var silences: [String: Timestamp] = [:]
    var audiences: [ID<Job>: Telling.Audience] = [:]
    private var kept: [ID<Incident>: Kept] = [:]
    private var openOfJob: [ID<Job>: ID<Incident>] = [:]
    private var told: [ID<Incident>: [ID<Channel>: Telling.Told]] = [:]
    private var now = noon

    func at(_ seconds: Double) -> Timestamp { begin.adding(.milliseconds(Int64(seconds * 1_000))) }

    /// Looks at everything that is due before that, then it is then.
    mutating func pass(to seconds: Double) {
        let end = at(seconds)
        while let next = kept.values.compactMap(\.lookAt).min()?.adding(Notifier.window), next < end {
            now = max(now, next)
            look()
        }
        now = end
    }

    mutating func fails(
        _ job: ID<Job>, host: String? = nil, kind: Incident.Kind = .failing, count: Int = 1, reason: Reason = .httpStatus
    ) {
        guard openOfJob[job] == nil else { return }
        let incident = Incident.test(
            kind, job: kind == .breaker ? nil : job, host: host, subject: kind == .missed ? "missed" : nil, count: count, openedAt: now)
        kept[incident.id] = Kept(incident: incident, audience: audiences[job] ?? .organization, lookAt: now)
        openOfJob[job] = incident.id
    }

    mutating func works(_ job: ID<Job>, closedReason: String? = nil) {
        guard let id = openOfJob.removeValue(forKey: job), let one = kept[id] else { return }
        kept[id]?.incident = one.incident.closed(at: now, closedReason)
        kept[id]?.lookAt = now
    }

    private mutating func look() {
        var telling = Telling(now: now)
        telling.pending = kept.values.filter { $0.lookAt != nil }.map { .init(incident: $0.incident, audience: $0.audience) }
        (telling.channels, telling.told, telling.silences) = (channels, told, silences)
        for (id, places) in told {
            guard let subject = kept[id]?.incident.subject else { continue }
            for (channel, one) in places {
                let place = Telling.Place(channel: channel, subject: subject)
                let last = [one.opening, one.reminded, one.closing].compactMap(\.self).max() ?? one.opening
                telling.lastTold[place] = max(telling.lastTold[place] ?? last, last)
                telling.lastRecovered[place] = [telling.lastRecovered[place], one.closing].compactMap(\.self).max()
            }
        }
        for message in messages.reversed().prefix(while: { $0.at > now.adding(.seconds(-60)) }) {
            telling.recent.append(message.at)
            if message.news.subject == nil {
                telling.lastDigest[message.news.channel] = telling.lastDigest[message.news.channel] ?? message.at
            }
        }
        let decision = telling.decide()
        messages += decision.news.map { Message(at: now, news: $0) }
        for mark in decision.marks { told[mark.incident, default: [:]][mark.channel] = mark.told }
        for (id, next) in decision.next { kept[id]?.lookAt = next }
        // What is over and told an hour ago is no part of any decision.
        let past = now.adding(.seconds(-90_000))
        for (id, one) in kept where one.lookAt == nil && (one.incident.closedAt ?? now) < past { (kept[id], told[id]) = (nil, nil) }
    }

    /// `opened 1, digest 24`, of one channel or all.
    func numbers(_ channel: ID<Channel>? = nil) -> [Telling.News.Event: Int] {
        messages.filter { channel == nil || $0.news.channel == channel }.reduce(into: [:]) { $0[$1.news.event, default: 0] += 1 }
    }
}

extension Incident {
    static func test(
        _ kind: Kind, job: ID<Job>?, host: String? = nil, subject: String? = nil, count: Int = 1, openedAt: Timestamp,
        execution: ID<Execution>? = nil, reason: Reason? = .httpStatus, detail: String? = "The target answered 503."
    ) -> Incident {
        Incident(
            id: ID(at: openedAt), kind: kind, jobID: job, host: host,
            subject: subject ?? host.map { "host:\($0)" } ?? job?.text ?? "", reason: reason, detail: detail, executionID: execution,
            count: count, openedAt: openedAt, closedAt: nil, closingExecutionID: nil, closedReason: nil)
    }

    func closed(at time: Timestamp, _ reason: String? = nil) -> Incident {
        Incident(
            id: id, kind: kind, jobID: jobID, host: host, subject: subject, reason: self.reason, detail: detail, executionID: executionID,
            count: count, openedAt: openedAt, closedAt: time, closingExecutionID: nil, closedReason: reason)
    }
}
