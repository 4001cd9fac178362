import Hummingbird
import JSON
import Scheduling
import Tenancy

/// What is done to many jobs at once.
extension JobsPages {
    @Sendable func actOnMany(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let values = try form.values()
        guard let act = values["act"]?.string.flatMap(BulkAct.init) else { throw Problem.notFound }
        let list = ReturnPath(values["return_to"]?.string)?.path ?? Paths.filled(Paths.jobs, context.slug)
        let ids = (values["job"]?.array ?? []).compactMap(\.string)
            .reduce(into: [String]()) { chosen, id in if !chosen.contains(id) { chosen.append(id) } }
        guard !ids.isEmpty else { return .seeOther(list).flashing("Choose at least one job first.") }
        var (jobs, report) = ([Job](), BulkReport(act))
        for id in ids {
            if let job = try await there(id, context.access) { jobs.append(job) } else { report.fail(id, "It is not there any more.") }
        }
        if act == .delete, values["confirmed"]?.bool != true, !jobs.isEmpty { return ask(toDelete: jobs, backTo: list, context) }
        for job in jobs {
            do {
                guard try await carryOut(act, job, context.access) else {
                    report.fail(job.definition.name, "Its last execution did not fail.")
                    continue
                }
                report.succeed()
            } catch let refusal as any Answerable {
                report.fail(job.definition.name, refusal.problem.detail)
            } catch {
                // What was done to others is told all the same.
                context.logger.warning("\(error)", metadata: ["job": "\(job.id.text)"])
                report.fail(job.definition.name, Problem.unavailable.detail)
            }
        }
        log("jobs changed together", "\(act.rawValue) \(report.count)", context)
        return .seeOther(list).flashing(report.sentence)
    }

    /// Nil: nothing of that id is there, or it is another organization's.
    private func there(_ id: String, _ access: Access) async throws -> Job? {
        guard let id = Job.Identifier(id) else { return nil }
        do { return try await work.jobs.find(.id(id), for: access) } catch Refusal.notFound { return nil }
    }

    /// False: there was nothing to retry.
    private func carryOut(_ act: BulkAct, _ job: Job, _ access: Access) async throws -> Bool {
        switch act {
        case .retry: return try await retry(job, access)
        case .run: _ = try await work.executions.trigger(job, override: [:], by: .manual, for: access)
        case .pause: _ = try await work.jobs.pause(.id(job.id), until: nil, for: access)
        case .resume: _ = try await work.jobs.resume(.id(job.id), makingUp: nil, for: access)
        case .delete: try await work.jobs.delete(.id(job.id), for: access)
        }
        return true
    }

    /// Runs the last execution of a job again, with the body that it had, if it failed. What did not run is passed over.
    private func retry(_ job: Job, _ access: Access) async throws -> Bool {
        let recent = try await work.executions.recent(of: [job.id], for: access)[job.id] ?? []
        guard let last = recent.first(where: { $0.status == .success || $0.status.isFailure }), last.status.isFailure else { return false }
        let execution = try await work.executions.find(last.id.text, for: access).execution
        _ = try await work.executions.retry(execution, for: access)
        return true
    }

    /// So many are named.
    private static let mostNamed = 20

    private func ask(toDelete jobs: [Job], backTo list: String, _ context: MemberContext) -> Response {
        let names = jobs.prefix(Self.mostNamed).map(\.definition.name).joined(separator: ", ")
        let rest = jobs.count > Self.mostNamed ? " and \(jobs.count - Self.mostNamed) more" : ""
        let (number, isOne) = (Words.count(jobs.count, "job"), jobs.count == 1)
        let fields = jobs.map { FormField(name: "job", kind: .hidden, value: $0.id.text) }
        let form = Form(
            to: Paths.filled(Paths.jobsAction, context.slug), token: context.viewer.formToken,
            fields: fields + [
                FormField(name: "act", kind: .hidden, value: "delete"), FormField(name: "confirmed", kind: .hidden, value: "true"),
                FormField(name: "return_to", kind: .hidden, value: list),
            ], button: "Delete \(number)", cancel: list, isDangerous: true)
        let page = PlainPage(
            "Delete \(number)", ["This deletes \(names)\(rest).", Self.consequence(isOne: isOne)], forms: [form])
        return pages.answer(page, to: context.viewer)
    }

    /// What comes of deleting.
    static func consequence(isOne: Bool) -> String {
        let (it, stops, waits) = isOne ? ("It", "stops", "of it") : ("They", "stop", "of them")
        return "\(it) \(stops) at once, and what waits \(waits) is cancelled. For seven days you can restore \(isOne ? "it" : "them")."
    }
}
