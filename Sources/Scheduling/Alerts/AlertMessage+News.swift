import JSON
import Postgres
import Time

/// The words of alerts about incidents.
extension AlertMessage {
    init(_ news: Telling.News, in context: AlertContext) {
        let execution = news.only.flatMap { news.event == .recovered ? nil : $0.executionID }
        let link: (String, String) =
            if let execution {
                ("See the execution", context.links.execution(context.slug, execution))
            } else if news.subject != nil, let first = news.all.first {
                ("See the incident", context.links.incident(context.slug, first.id))
            } else {
                ("See the incidents", context.links.incidents(context.slug))
            }
        self.init(
            event: news.event.rawValue, tone: Self.tone(of: news), title: Self.title(of: news, in: context),
            paragraphs: Self.paragraphs(of: news, in: context), facts: Self.facts(of: news, in: context),
            output: execution.flatMap { context.executions[$0]?.response }.flatMap(Self.output), action: link.0, url: link.1,
            happenedAt: Self.instant(of: news), data: Self.data(of: news, in: context))
    }

    private static func tone(of news: Telling.News) -> Tone {
        switch news.event {
        case .recovered: .good
        case .opened, .continued: .bad
        case .digest: news.opened.isEmpty && news.open.isEmpty ? .good : .bad
        }
    }

    private static func instant(of news: Telling.News) -> Timestamp {
        switch news.event {
        case .opened, .continued: news.all.map(\.openedAt).min() ?? .now()
        case .recovered, .digest: news.all.map { $0.closedAt ?? $0.openedAt }.max() ?? .now()
        }
    }

    // MARK: - Titles

    static func title(of news: Telling.News, in context: AlertContext) -> String {
        if let incident = news.only { return title(of: incident, news.event, in: context) }
        let jobs = Set(news.all.compactMap(\.jobID)).count
        let (many, place) = (AlertContext.count(jobs, "job", "jobs"), news.host.map { " on \(AlertContext.host($0))" } ?? "")
        switch news.event {
        case .opened where news.opened.allSatisfy { $0.kind == .missed }: return "\(many) missed their time"
        case .opened: return "\(many) \(jobs == 1 ? "fails" : "fail")\(place)"
        case .continued: return "\(many) still \(jobs == 1 ? "fails" : "fail")\(place)"
        case .recovered: return "\(many) \(jobs == 1 ? "works" : "work") again\(place)"
        case .digest: return digestTitle(of: news, many + place, in: context)
        }
    }

    private static func digestTitle(of news: Telling.News, _ many: String, in context: AlertContext) -> String {
        let isWell = news.opened.isEmpty && news.open.isEmpty
        let failures = news.opened.count + news.passed.count
        if news.onlyJob != nil, let first = news.all.first {
            return "\(context.name(first)) failed \(times(failures)) more and \(isWell ? "works again" : "fails now")"
        }
        if failures == 0 { return "\(many): \(isWell ? "all work again" : "some work again")" }
        let failing = Set((news.opened + news.open).map(\.subjectOfOne)).count
        return "\(many) failed, \(isWell ? "all work again" : "\(failing) fail now")"
    }

    static func times(_ number: Int) -> String { number == 1 ? "once" : number == 2 ? "twice" : "\(number) times" }

    private static func title(of incident: Incident, _ event: Telling.News.Event, in context: AlertContext) -> String {
        let name = context.name(incident)
        switch (event, incident.kind) {
        case (.continued, _): return "\(name) still fails"
        case (.recovered, _): return "\(name) works again"
        case (_, .missed): return incident.count == 1 ? "\(name) missed a run" : "\(name) missed \(incident.count) runs"
        case (_, .stopped): return "\(name) was paused by its target"
        case (_, .setAside): return "\(name) has no next run"
        case (.digest, _) where incident.closedAt != nil: return "\(name) failed, and works again"
        case (_, .breaker): return "\(name) fails, its jobs wait"
        case (_, .failing): return incident.count == 1 ? "\(name) failed" : "\(name) failed \(times(incident.count)) in a row"
        }
    }

    // MARK: - Paragraphs and facts

    private static func paragraphs(of news: Telling.News, in context: AlertContext) -> [String] {
        var texts: [String] = []
        if let first = news.opened.first ?? news.passed.first ?? news.open.first, let sentence = first.sentence, news.event != .recovered {
            texts.append(news.only == nil && news.onlyJob == nil ? "\(context.name(first)): \(sentence)" : sentence)
        }
        if (news.opened + news.open).contains(where: { $0.kind == .breaker }) {
            texts.append("The host is left alone until it answers again: one call tries it, and its jobs run when that succeeds.")
        }
        if news.event == .digest {
            let parts = [
                (news.opened.count, "began to fail"), (news.passed.count, "failed and worked again"), (news.recovered.count, "recovered"),
                (news.open.count, "still failing"),
            ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
            texts.append("Since the last message: \(parts.joined(separator: ", ")).")
        } else if news.event == .continued, !news.recovered.isEmpty {
            texts.append("\(news.recovered.count) that failed with them \(news.recovered.count == 1 ? "works" : "work") again.")
        }
        return texts
    }

    private static func facts(of news: Telling.News, in context: AlertContext) -> [Fact] {
        var facts: [Fact] = []
        if let incident = news.only ?? (news.onlyJob != nil ? news.all.first : nil) {
            facts += self.facts(of: incident, in: context)
        } else {
            let names = news.named.map { "\(context.name($0))\($0.closedAt == nil ? "" : " (works again)")" }
            facts.append(Fact("Jobs", list(names, of: news.all.count)))
            if let host = news.host { facts.append(Fact("Host", AlertContext.host(host))) }
        }
        guard let since = news.all.map(\.openedAt).min() else { return facts }
        facts.append(Fact("Since", since.words))
        let isOver = news.opened.isEmpty && news.open.isEmpty
        if let end = isOver ? news.all.compactMap(\.closedAt).max() : context.now, isOver || news.event == .continued {
            facts.append(Fact("Lasted", AlertContext.words(since.duration(to: end))))
        }
        facts.append(Fact("Organization", context.name))
        return facts
    }

    static func list(_ names: [String], of count: Int) -> String {
        names.joined(separator: ", ") + (count > names.count ? ", and \(count - names.count) more" : "")
    }

    private static func facts(of incident: Incident, in context: AlertContext) -> [Fact] {
        var facts: [Fact] = []
        if let job = context.job(incident) {
            facts.append(Fact("Job", job.key.map { "\(job.name) (\($0))" } ?? job.name))
            facts.append(Fact("Schedule", job.schedule))
        }
        if let host = incident.host { facts.append(Fact("Host", AlertContext.host(host))) }
        if let reason = incident.reason { facts.append(Fact("Reason", reason.rawValue)) }
        if let execution = incident.executionID.flatMap({ context.executions[$0] }) {
            if let status = execution.statusCode { facts.append(Fact("Status", "\(status)")) }
            facts.append(Fact("Attempts", "\(execution.attempt)"))
        }
        if incident.kind == .failing, incident.count > 1 { facts.append(Fact("Failures in a row", "\(incident.count)")) }
        return facts
    }

    /// The first 1,000 characters of an answer that is text.
    private static func output(_ response: Execution.Response) -> String? {
        let (text, encoding) = BodyText.of(response.body, isCut: response.isTruncated)
        guard encoding == "text", !text.isEmpty else { return nil }
        return text.count > 1_000 ? text.prefix(999) + "…" : text
    }
}

extension Incident {
    /// What happened, in one sentence.
    var sentence: String? { detail ?? reason?.sentence }

    /// Its job, or where it has none its host.
    fileprivate var subjectOfOne: String { jobID?.text ?? subject }
}
