import Postgres
import Time

/// What a channel is to be told of one subject: many jobs that call one host are one group.
extension Telling {
    struct Group {
        let place: Place
        /// Never told here: open, and closed by a success before anybody could be.
        var fresh: [Incident] = []
        var passed: [Incident] = []
        /// Told here, and open.
        var open: [Incident] = []
        /// Told here, closed by a success, and that is not told yet.
        var recovered: [Incident] = []
        /// Told here, and closed by something that is no news: its job was deleted.
        private var ended: [Incident] = []
        private var told: [ID<Incident>: Told] = [:]
        /// When the first of them opened.
        private(set) var first = Timestamp(microseconds: .max)
        /// The breaker whose opening was told: what fails on its host is part of that.
        private var breaker: Told?

        init(_ place: Place) { self.place = place }

        mutating func add(_ incident: Incident, _ told: Told?) {
            first = min(first, incident.openedAt)
            self.told[incident.id] = told
            let isOpen = incident.closedAt == nil
            guard let told else {
                if isOpen || incident.kind == .missed {
                    fresh.append(incident)
                } else if incident.kind.recovers, incident.closedReason == nil {
                    passed.append(incident)
                }
                return
            }
            guard incident.kind.recovers, told.closing == nil else { return }
            if isOpen {
                open.append(incident)
                if incident.kind == .breaker { breaker = told }
            } else if incident.closedReason == nil {
                recovered.append(incident)
            } else {
                ended.append(incident)
            }
        }

        /// What fails on a host whose breaker was told counts as told with it.
        mutating func join() -> [Mark] {
            guard let breaker else { return [] }
            let joining = fresh.filter { $0.kind == .failing }
            fresh.removeAll { $0.kind == .failing }
            passed.removeAll()
            open += joining
            return joining.map { incident in
                told[incident.id] = breaker
                return Mark(incident: incident.id, channel: place.channel, told: Told(opening: breaker.opening))
            }
        }

        /// When the channel was last told of those that are open.
        var lastMentioned: Timestamp {
            open.compactMap { told[$0.id] }.map { max($0.opening, $0.reminded ?? $0.opening) }.max() ?? first
        }

        /// What kind of news this is; `quietEnd`: until then nothing could be told.
        func event(_ quietEnd: Timestamp?) -> News.Event {
            if fresh.isEmpty, passed.isEmpty { return .recovered }
            let waited = quietEnd.map { end in fresh.contains { $0.openedAt < end } } ?? false
            return passed.isEmpty && recovered.isEmpty && !waited ? .opened : .digest
        }

        var mentioned: [Incident] { fresh + passed + open + recovered + ended }

        func marks(at now: Timestamp) -> [Mark] {
            func mark(_ incident: Incident, _ change: (inout Told) -> Void) -> Mark {
                var new = told[incident.id] ?? Told(opening: now)
                change(&new)
                return Mark(incident: incident.id, channel: place.channel, told: new)
            }
            let ends = passed + recovered + ended
            return fresh.map { mark($0) { _ in } } + ends.map { mark($0) { $0.closing = now } }
                + open.map { mark($0) { $0.reminded = now } }
        }
    }

    /// What is to be done of one group.
    struct Step {
        let place: Place
        var news: News?
        var marks: [Mark] = []
        var next: [ID<Incident>: Timestamp] = [:]
        /// What of `marks` stands whether the news is told now or later.
        private var joined: [Mark] = []
        private var waiters: [ID<Incident>] = []

        init(_ place: Place) { self.place = place }

        func waiting(_ group: Group, until time: Timestamp) -> Step {
            var step = self
            for incident in group.mentioned { step.next[incident.id] = time }
            return step
        }

        func telling(_ event: News.Event, _ group: Group, at now: Timestamp) -> Step {
            var step = self
            (step.joined, step.waiters) = (marks, group.mentioned.map(\.id))
            step.news = News(
                channel: place.channel, event: event, subject: place.subject, opened: group.fresh.byAge, passed: group.passed.byAge,
                recovered: group.recovered.byAge, open: group.open.byAge)
            step.marks += group.marks(at: now)
            for incident in group.fresh + group.open where incident.kind.recovers && incident.closedAt == nil {
                step.next[incident.id] = now.adding(Telling.reminder)
            }
            return step
        }

        /// Not told now.
        func postponed(to time: Timestamp) -> Step {
            var step = self
            (step.news, step.marks) = (nil, joined)
            step.next = Dictionary(waiters.map { ($0, time) }) { first, _ in first }
            return step
        }

        /// Several of one channel, told as one.
        static func merged(_ steps: [Step]) -> [Step] {
            guard let first = steps.first else { return [] }
            var news = News(channel: first.place.channel, event: .digest)
            for one in steps.compactMap(\.news) {
                news.opened += one.opened
                news.passed += one.passed
                news.recovered += one.recovered
                news.open += one.open
            }
            return steps.enumerated().map { index, step in
                var step = step
                step.news = index == 0 ? news : nil
                return step
            }
        }
    }
}

extension [Incident] {
    var byAge: [Incident] { sorted { ($0.openedAt, $0.id) < ($1.openedAt, $1.id) } }
}
