import Postgres
import Time

/// What is to be told of an organization's incidents now, to whom, and when to look again: decided by what stands in the tables and the
/// time, without a database (product.md §8).
struct Telling: Sendable {
    /// Of one subject a channel hears of one failure in so long, and of its end, which is no news any more an hour later; what else
    /// happens meanwhile is told at its end.
    static let quiet: Duration = .seconds(3_600)
    /// What fails still is told again after so long.
    static let reminder: Duration = .seconds(86_400)
    /// So many messages of an organization in `minute`; what is more becomes one digest a channel and minute.
    static let mostInMinute = 10
    static let minute: Duration = .seconds(60)
    /// What is silenced is looked at so often, and what nobody can be told: the silence may be ended, a channel made.
    static let silencedPause: Duration = .seconds(300)
    static let deafPause: Duration = .seconds(3_600)
    /// While our own network is the likely cause, what opened less than `mostHeld` ago waits.
    static let mostHeld: Duration = .seconds(600)
    static let heldPause: Duration = .seconds(20)

    /// One incident of which something may be left to tell.
    struct Pending: Sendable {
        let incident: Incident
        let audience: Audience
    }

    /// Whom a job's alerts name.
    enum Audience: Sendable, Equatable {
        case organization, nobody
        case only(Set<ID<Channel>>)
    }

    /// What a channel was told of an incident.
    struct Told: Sendable, Equatable {
        var opening: Timestamp
        var reminded: Timestamp?
        var closing: Timestamp?
    }

    /// What messages are counted by.
    struct Place: Hashable, Sendable {
        let channel: ID<Channel>
        let subject: String
    }

    let now: Timestamp
    var pending: [Pending] = []
    /// Those that may be told anything, oldest first.
    var channels: [ID<Channel>] = []
    var told: [ID<Incident>: [ID<Channel>: Told]] = [:]
    /// By subject, until when.
    var silences: [String: Timestamp] = [:]
    /// When a channel was last told anything of a subject, and when of a recovery.
    var lastTold: [Place: Timestamp] = [:]
    var lastRecovered: [Place: Timestamp] = [:]
    /// When the messages of the last minute were written, of whatever channel.
    var recent: [Timestamp] = []
    /// When a channel last got a digest of several subjects.
    var lastDigest: [ID<Channel>: Timestamp] = [:]
    /// So many are failing everywhere that it is likely our own network.
    var isHeld = false

    /// One message, before it has words.
    struct News: Sendable {
        enum Event: String, Sendable {
            case opened = "incident.opened"
            case continued = "incident.continued"
            case recovered = "incident.recovered"
            case digest = "incidents.digest"
        }

        let channel: ID<Channel>
        var event: Event
        /// Nil: several.
        var subject: String?
        /// Told for the first time, oldest first: those that are open, and those that have closed before anybody was told.
        var opened: [Incident] = []
        var passed: [Incident] = []
        /// Told before, and well again.
        var recovered: [Incident] = []
        /// Told before, and open still.
        var open: [Incident] = []
    }

    /// What is to be written of `tellings`.
    struct Mark: Sendable {
        let incident: ID<Incident>
        let channel: ID<Channel>
        let told: Told
    }

    /// What is to be done.
    struct Decision: Sendable {
        var news: [News] = []
        var marks: [Mark] = []
        /// When to look at each incident again; nil: there is nothing to tell any more.
        var next: [ID<Incident>: Timestamp?] = [:]
    }

    func decide() -> Decision {
        var (decision, groups) = (Decision(), [Place: Group]())
        for one in pending {
            decision.next[one.incident.id] = .some(nil)
            if let wait = rest(of: one) {
                decision.next[one.incident.id] = wait
                continue
            }
            for channel in listeners(to: one) {
                let place = Place(channel: channel, subject: one.incident.subject)
                groups[place, default: Group(place)].add(one.incident, told[one.incident.id]?[channel])
            }
        }
        let steps = groups.values.sorted { ($0.first, $0.place.channel) < ($1.first, $1.place.channel) }.map { step(of: $0) }
        for step in withinCap(steps) { decision.add(step) }
        return decision
    }

    // MARK: - One incident

    /// Until when nothing is told of it, `.some(nil)` for good; nil: it can be told.
    private func rest(of one: Pending) -> Timestamp?? {
        let incident = one.incident
        let isFresh = told[incident.id]?.isEmpty ?? true
        if one.audience == .nobody { return .some(nil) }
        if let end = silenceEnd(incident) {
            if incident.closedAt != nil, isFresh || end > now.adding(.seconds(366 * 86_400)) { return .some(nil) }
            return min(end, now.adding(Self.silencedPause))
        }
        if isHeld, isFresh, incident.openedAt > now.adding(.zero - Self.mostHeld) {
            return incident.closedAt == nil ? now.adding(Self.heldPause) : .some(nil)
        }
        guard listeners(to: one).isEmpty else { return nil }
        return incident.closedAt == nil ? now.adding(Self.deafPause) : .some(nil)
    }

    private func silenceEnd(_ incident: Incident) -> Timestamp? {
        let subjects = [incident.subject, incident.jobID?.text, incident.host.map { "host:\($0)" }, "*"].compactMap(\.self)
        return subjects.compactMap { silences[$0] }.filter { $0 > now }.max()
    }

    /// Where a job names only channels that nothing can go to, the organization's hear of it: rather too many than nobody.
    private func listeners(to one: Pending) -> [ID<Channel>] {
        guard case .only(let named) = one.audience else { return channels }
        let own = channels.filter(named.contains)
        return own.isEmpty ? channels : own
    }

    // MARK: - One subject on one channel

    private func step(of group: Group) -> Step {
        var (group, step) = (group, Step(group.place))
        step.marks += group.join()
        let last = lastTold[group.place]
        let quietEnd = last.map { $0.adding(Self.quiet) }
        let isQuiet = quietEnd.map { $0 > now } ?? false
        if !group.fresh.isEmpty || !group.passed.isEmpty || (group.open.isEmpty && !group.recovered.isEmpty) {
            let isFirstEnd = group.event(quietEnd) == .recovered && lastRecovered[group.place].map { $0.adding(Self.quiet) <= now } ?? true
            if isQuiet, !isFirstEnd, let quietEnd { return step.waiting(group, until: quietEnd) }
            return step.telling(group.event(quietEnd), group, at: now)
        }
        guard !group.open.isEmpty else { return step }
        let due = (last ?? group.lastMentioned).adding(Self.reminder)
        return due > now ? step.waiting(group, until: due) : step.telling(.continued, group, at: now)
    }

    // MARK: - All of it

    /// What is over the cap is told of each channel in one digest, once a minute, and waits for it.
    private func withinCap(_ steps: [Step]) -> [Step] {
        let room = Self.mostInMinute - recent.count
        guard steps.count(where: { $0.news != nil }) > room else { return steps }
        let nextRoom = (recent.min() ?? now).adding(Self.minute)
        var (kept, left) = (steps.filter { $0.news == nil }, room)
        for channel in channels {
            let own = steps.filter { $0.news != nil && $0.place.channel == channel }
            guard !own.isEmpty else { continue }
            let digestDue = own.count == 1 ? now : lastDigest[channel]?.adding(Self.minute) ?? now
            guard left > 0, digestDue <= now else {
                kept += own.map { $0.postponed(to: max(digestDue, left > 0 ? now : nextRoom)) }
                continue
            }
            left -= 1
            kept += own.count == 1 ? own : Step.merged(own)
        }
        return kept
    }
}

extension Telling.Decision {
    fileprivate mutating func add(_ step: Telling.Step) {
        if let news = step.news { self.news.append(news) }
        marks += step.marks
        for (id, time) in step.next {
            let known = next[id] ?? nil
            next[id] = known.map { min($0, time) } ?? time
        }
    }
}
