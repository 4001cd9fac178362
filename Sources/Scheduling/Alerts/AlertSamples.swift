import JSON
import Postgres
import Time

// Values that never were, for the samples of pages.

extension Channel {
    /// One that stands so.
    public static func sample(_ state: State, at now: Timestamp) -> Channel {
        let isOff = state == .switchedOff
        return Channel(
            id: ID(at: now), kind: "slack", name: "On <b> call", shown: "hooks.slack.com…<b>", isConfirmed: state != .unconfirmed,
            isEnabled: state != .off, switchedOffAt: isOff ? now : nil, switchedOffReason: isOff ? "It answered 404." : nil,
            failingSince: state == .on ? now : nil, restingUntil: nil, createdAt: now, updatedAt: now)
    }
}

extension Incident {
    /// One of a kind, of a job or, for a breaker, of a host.
    public static func sample(_ kind: Kind, isClosed: Bool, job: ID<Job>, at now: Timestamp) -> Incident {
        let isOfHost = kind == .breaker
        return Incident(
            id: ID(at: now), kind: kind, jobID: isOfHost ? nil : job, host: isOfHost ? "api.example.com:443" : nil,
            subject: isOfHost ? "host:api.example.com:443" : job.text, reason: kind == .failing ? .httpStatus : nil,
            detail: "The target answered <b> 503.", executionID: ID(at: now), count: 3, openedAt: now.adding(.seconds(-7_200)),
            closedAt: isClosed ? now : nil, closingExecutionID: isClosed ? ID(at: now) : nil, closedReason: nil,
            silence: kind == .breaker ? Silence(Silence.endless) : nil)
    }
}

extension Delivery {
    /// One that stands so.
    public static func sample(_ status: Status, to channel: Channel, of incident: Incident, at now: Timestamp) -> Delivery {
        let isOver = status != .waiting && status != .sending
        return Delivery(
            id: ID(at: now), channelID: channel.id, event: "incident.opened", incidentID: incident.id, title: "Nightly <b> export failed",
            status: status, tries: 2, nextTryAt: isOver ? nil : now.adding(.seconds(60)), createdAt: now, finishedAt: isOver ? now : nil,
            error: status == .sent ? nil : "It answered <b> 503.")
    }
}

extension Delivery.Attempt {
    /// One that was answered.
    public static func sample(at now: Timestamp) -> Delivery.Attempt {
        Delivery.Attempt(
            number: 1, recipient: nil, startedAt: now, finishedAt: now.adding(.milliseconds(240)), statusCode: 503, answer: "<b>",
            error: "It answered 503.")
    }
}
