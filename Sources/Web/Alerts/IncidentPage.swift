import Scheduling
import Time

/// One incident: what was wrong, since when, and who was told what. (The stored names are long because a template knows no name at two
/// depths.)
struct IncidentPage: Page {
    static let template = "incident"
    static let fragments: Set = ["incidentlive"]

    struct Link: Sendable { let linkText, linkPath: String }

    struct Fact: Sendable {
        let factLabel: String
        let factTimes: [Moment]
        let factText: String
        let factLinks: [Link]

        init(_ label: String, at time: [Moment] = [], _ text: String = "", _ links: [Link] = []) {
            (factLabel, factTimes, factText, factLinks) = (label, time, text, links)
        }
    }

    /// Something that happened in its course.
    struct Step: Sendable {
        let stepTime: [Moment]
        let stepMark: String
        let stepWords: String
        let stepNote: String
        let hasStepNote: Bool
        let stepLinks: [Link]
    }

    let title: String
    let hasAlarm: Bool
    let iconPath: String
    let livePath: String
    let listPath: String
    let mark: String
    let heading: String
    let isBad: Bool
    let news: String
    let outcome: String
    let remedy: String
    let facts: [Fact]
    let steps: [Step]
    /// One, or none.
    let unmuting: [PostButton]
    let muting: [Form]
}

extension IncidentPage {
    /// What is read for it.
    struct Content: Sendable {
        let incident: Incident
        let job: Jobs.Title?
        let channels: [Channel.Identifier: String]
        let tellings: [Incidents.Telling]
        let deliveries: [Delivery]
    }

    init(_ content: Content, muting form: Form? = nil, _ frame: AlertFrame, icon: String) {
        let incident = content.incident
        let name = content.job?.name.cut(100) ?? "A job that is gone"
        let isOpen = incident.closedAt == nil
        heading = incident.title(name)
        title = (isOpen ? "▲ " : "") + "\(heading) · Alerts · \(frame.organization)"
        (hasAlarm, iconPath) = (isOpen, icon)
        let place = Paths.filled(Paths.incident, frame.slug, incident.id.text)
        (livePath, listPath) = (Fragments.path("incidentlive", of: place), Paths.filled(Paths.incidents, frame.slug))
        (mark, isBad) = (incident.mark.svg, isOpen && incident.kind != .missed)
        news = "\(heading). \(incident.word), \(Words.count(content.deliveries.count, "message"))."
        outcome = (incident.detail ?? incident.reason?.sentence ?? "").cut(1_500)
        remedy = isOpen ? incident.reason?.remedy ?? "" : ""
        facts = Self.facts(content, frame)
        steps = Self.steps(content, frame)
        let isMuted = incident.silence != nil
        unmuting =
            frame.mayMute && isMuted
            ? [
                PostButton(
                    "Unmute", to: Paths.filled(Paths.incidentUnmute, frame.slug, incident.id.text), token: frame.viewer.formToken,
                    about: incident.mutes)
            ] : []
        muting = frame.mayMute && !isMuted && isOpen ? [form ?? MuteForm.form(incident, frame)] : []
    }

    private static func facts(_ content: Content, _ frame: AlertFrame) -> [Fact] {
        let incident = content.incident
        var facts = [Fact("Since", at: [Moment(incident.openedAt, now: frame.now)])]
        facts.append(Fact(incident.closedAt == nil ? "For" : "Lasted", incident.length(now: frame.now)))
        if !incident.counted.isEmpty { facts.append(Fact("So far", incident.counted)) }
        if let job = incident.jobID {
            let isThere = content.job?.isDeleted == false
            let name = content.job.map { $0.name.cut(100) } ?? "Gone"
            let link = Link(linkText: name, linkPath: Paths.filled(Paths.job, frame.slug, job.text))
            facts.append(Fact("Job", isThere ? "" : name, isThere ? [link] : []))
        }
        if let host = incident.host { facts.append(Fact("Host", host)) }
        if let execution = incident.executionID {
            let link = Link(linkText: execution.text, linkPath: Paths.filled(Paths.execution, frame.slug, execution.text))
            facts.append(Fact("First failure", "", [link]))
        }
        if let silence = incident.silence { facts.append(Fact("Alerts", silence.words)) }
        facts.append(Fact("Id", incident.id.text))
        return facts
    }

    // MARK: - Its course

    private static func steps(_ content: Content, _ frame: AlertFrame) -> [Step] {
        let incident = content.incident
        var steps = [(incident.openedAt, opened(incident, frame))]
        steps += content.deliveries.map { ($0.createdAt, told($0, content, frame)) }
        if content.deliveries.isEmpty {
            steps += content.tellings.map { ($0.openedAt, told($0, content, frame)) }
        }
        if let closedAt = incident.closedAt { steps.append((closedAt, closed(incident, closedAt, frame))) }
        return steps.sorted { $0.0 < $1.0 }.map(\.1)
    }

    private static func opened(_ incident: Incident, _ frame: AlertFrame) -> Step {
        let links = incident.executionID.map {
            [Link(linkText: "Execution", linkPath: Paths.filled(Paths.execution, frame.slug, $0.text))]
        }
        return Step(
            incident.openedAt, frame, incident.kind == .missed ? .late : .bad, "Opened", incident.reason?.sentence ?? "", links ?? [])
    }

    private static func closed(_ incident: Incident, _ at: Timestamp, _ frame: AlertFrame) -> Step {
        let links = incident.closingExecutionID.map {
            [Link(linkText: "Execution", linkPath: Paths.filled(Paths.execution, frame.slug, $0.text))]
        }
        let words = incident.closedReason ?? (incident.kind == .breaker ? "The host answers again." : "It works again.")
        return Step(at, frame, .good, "Closed after \(incident.length(now: frame.now))", words, links ?? [])
    }

    private static func told(_ delivery: Delivery, _ content: Content, _ frame: AlertFrame) -> Step {
        let name = content.channels[delivery.channelID] ?? "a channel that is gone"
        let path = Paths.filled(Paths.channel, frame.slug, delivery.channelID.text)
        let note = delivery.error.map { "\(delivery.title). \($0)" } ?? delivery.title
        let tries = delivery.tries > 1 ? ", \(delivery.tries) tries" : ""
        return Step(
            delivery.createdAt, frame, delivery.status.mark,
            "\(delivery.eventWord) to \(name): \(delivery.status.word.lowercased())\(tries)",
            note.cut(300), content.channels[delivery.channelID] == nil ? [] : [Link(linkText: "Channel", linkPath: path)])
    }

    private static func told(_ telling: Incidents.Telling, _ content: Content, _ frame: AlertFrame) -> Step {
        let name = content.channels[telling.channelID] ?? "a channel that is gone"
        return Step(telling.openedAt, frame, .good, "Told \(name)", "", [])
    }
}

extension IncidentPage.Step {
    fileprivate init(
        _ at: Timestamp, _ frame: AlertFrame, _ mark: Mark, _ words: String, _ note: String, _ links: [IncidentPage.Link]
    ) {
        self.init(
            stepTime: [Moment(at, now: frame.now)], stepMark: mark.svg, stepWords: words, stepNote: note, hasStepNote: !note.isEmpty,
            stepLinks: links)
    }
}
