import Hummingbird
import JSON
import Scheduling
import Tenancy
import Time

/// Running many again: first how many that would be, then the button.
extension ExecutionsPages {
    /// What the list is narrowed to, and how fast.
    static let replayFields =
        ExecutionFilter.fields + [
            Field("rate", .integer(1...60_000), default: 600), Field("superseded", .choice(["skip", "run"]), default: "skip"),
        ]

    @Sendable func previewReplay(_ request: Request, _ context: MemberContext) async throws -> Response {
        do {
            return try await preview(try request.query(Self.replayFields), context)
        } catch let invalid as InvalidInput {
            let order = ReplayOrder((try? request.query(Self.replayFields)) ?? [:])
            let page = ReplayPage(complaints: invalid.sentences, order, slug: context.slug, viewer: context.viewer)
            return pages.answer(page, to: context.viewer, .unprocessableContent)
        }
    }

    private func preview(_ query: JSONObject, _ context: MemberContext) async throws -> Response {
        let order = ReplayOrder(query)
        let counted = try await work.executions.replay(order.body(isDryRun: true, now: work.now), for: context.access)
        return pages.answer(ReplayPage(counted, order, slug: context.slug, viewer: context.viewer), to: context.viewer)
    }

    @Sendable func replay(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        do {
            let order = ReplayOrder(try form.values())
            let replay = try await work.executions.replay(order.body(isDryRun: false, now: work.now), for: context.access)
            var watched = ExecutionFilter()
            watched.trigger = .replay
            return .seeOther(Paths.query(Paths.filled(Paths.executions, context.slug), watched.parameters)).flashing(replay.announcement)
        } catch let invalid as InvalidInput {
            // What can be read of it stays.
            let sent = JSONObject(form.parameters.map { ($0.name, .string($0.value)) })
            let page = ReplayPage(complaints: invalid.sentences, ReplayOrder(sent), slug: context.slug, viewer: context.viewer)
            return pages.answer(page, to: context.viewer, .unprocessableContent)
        } catch let refusal as Refusal {
            guard let words = refusal.words else { throw refusal }
            return .seeOther(Paths.filled(Paths.executions, context.slug)).flashing(words)
        }
    }
}

/// Which executions are to be run again, and how.
struct ReplayOrder: Sendable {
    let filter: ExecutionFilter
    let rate: Int
    let skipsSuperseded: Bool

    /// Reads what `replayFields` let through. Only what has ended can run again; where no status is asked for, what went wrong is.
    init(_ query: JSONObject) {
        var filter = ExecutionFilter(query)
        filter.statuses = filter.statuses.filter(\.isFinal)
        if filter.statuses.isEmpty { filter.statuses = [.failed, .timeout, .missed] }
        self.filter = filter
        rate = Int(query["rate"]?.int ?? 600)
        skipsSuperseded = query["superseded"]?.string != "run"
    }

    /// As the API takes it.
    func body(isDryRun: Bool, now: Timestamp) -> JSON {
        let asked = filter.filter(now: now)
        var body: JSONObject = [
            "status": .array(asked.statuses.map { .string($0.rawValue) }), "dry_run": .bool(isDryRun), "rate": .integer(Int64(rate)),
            "skip_superseded": .bool(skipsSuperseded),
        ]
        body["reason"] = asked.reason.map { .string($0.rawValue) }
        body["trigger"] = asked.trigger.map { .string($0.rawValue) }
        body["job"] = asked.job.map(JSON.string)
        body["tag"] = asked.tag.map(JSON.string)
        body["since"] = asked.since.map { .string($0.rfc3339) }
        body["until"] = asked.until.map { .string($0.rfc3339) }
        return .object(body)
    }

    /// What is matched, in words: "Failed, timed out; reason: HTTP status".
    var words: String {
        var parts: [String] = [filter.statuses.map { $0.word }.joined(separator: ", ")]
        if let reason = filter.reason { parts.append("reason: \(reason.word)") }
        if let trigger = filter.trigger { parts.append("trigger: \(trigger.word)") }
        if let job = filter.job { parts.append("job: \(job)") }
        if let tag = filter.tag { parts.append("tag: \(tag)") }
        if let range = filter.range { parts.append("when: \(range.word)") }
        if let since = filter.since { parts.append("since \(since.words)") }
        if let until = filter.until { parts.append("until \(until.words)") }
        return parts.joined(separator: "; ")
    }
}

extension Executions.Replay {
    /// What will happen now.
    var announcement: String {
        guard replayed > 0 else { return "Nothing is run again: \(leftOut.isEmpty ? "nothing matches" : leftOut)." }
        let until = span.map { ", the last at about \($0.last.words)" } ?? ""
        return "\(Words.count(replayed, "execution")) run again\(until). They stand here, newest first."
    }

    /// Which are not, and why; empty: none.
    var leftOut: String {
        let parts: [(Int, String)] = [
            (superseded, "superseded by a later success"), (repeated, "run again already"), (deleted, "of deleted jobs"),
        ]
        return parts.filter { $0.0 > 0 }.map { "\(Words.grouped($0.0)) \($0.1)" }.joined(separator: ", ")
    }
}
