import Hummingbird
import JSON
import Scheduling
import Tenancy
import Time

/// What is done to one job.
extension JobsPages {
    @Sendable func run(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let job = try await find(context)
        let forms = forms(of: job, context)
        return try await form.answer(
            redrawing: forms.run,
            with: { form in
                var forms = forms
                (forms.run, forms.isRunOpen) = (form, true)
                return try await show(job, forms, context)
            }
        ) { values in
            try await keepingInput {
                let execution = try await work.executions.trigger(job, override: .object(values), by: .manual, for: context.access)
                log("job run by hand", "\(job.id.text) \(execution.id.text)", context)
                return .seeOther(path(of: job, context)).flashing("Started. It shows below as soon as it has ended.")
            }
        }
    }

    @Sendable func pause(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let job = try await find(context)
        let forms = forms(of: job, context)
        return try await form.answer(
            redrawing: forms.pause,
            with: { form in
                var forms = forms
                (forms.pause, forms.isPauseOpen) = (form, true)
                return try await show(job, forms, context)
            }
        ) { values in
            let end = try values["until"]?.string.map { try JobForms.instant($0, zone: context.access.organization.timezone) }
            _ = try await work.jobs.pause(.id(job.id), until: end, for: context.access)
            log("job paused", job.id.text, context)
            let words = end.map { "until \(Moment($0, words: "").timeFull)" } ?? "until somebody resumes it"
            return .seeOther(path(of: job, context)).flashing("\(job.definition.name) is paused \(words).")
        }
    }

    @Sendable func resume(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let job = try await find(context)
        let forms = forms(of: job, context)
        return try await form.answer(
            redrawing: forms.resume,
            with: { form in
                var forms = forms
                forms.resume = form
                return try await show(job, forms, context)
            }
        ) { values in
            try await keepingInput {
                let answer = values["missed"]?.string.flatMap(Jobs.Answer.init)
                let resumed = try await work.jobs.resume(.id(job.id), makingUp: answer, for: context.access)
                log("job resumed", job.id.text, context)
                let next = resumed.nextRunAt.map { " Next run \(Moment.words($0, now: work.now))." } ?? ""
                return .seeOther(path(of: job, context)).flashing("\(job.definition.name) is resumed.\(next)")
            }
        }
    }

    /// The copy rests at first: it would call the same target twice while it is still being changed.
    @Sendable func clone(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let job = try await find(context)
        let copy = try await work.jobs.clone(job, ["enabled": false], for: context.access)
        log("job cloned", "\(job.id.text) \(copy.id.text)", context)
        return .seeOther(path(of: copy, context)).flashing("This is the copy, paused. Edit it, then resume it.")
    }

    // MARK: - Deleting

    @Sendable func showDeletion(_ request: Request, _ context: MemberContext) async throws -> Response {
        let job = try await find(context)
        let page = PlainPage.asking(
            "Delete \(job.definition.name)", [Self.consequence(isOne: true), try await history(of: job, context.access)],
            facts: [("Job", job.definition.name), ("Calls", Target(job.definition).inShort), ("Schedule", job.scheduleInWords)],
            to: Paths.filled(Paths.jobDeletion, context.slug, job.id.text), "Delete it", cancel: path(of: job, context), context.viewer)
        return pages.answer(page, to: context.viewer)
    }

    private func history(of job: Job, _ access: Access) async throws -> String {
        let keepDays = access.entitlements.keepDays
        let count = try await work.executions.days(of: job.id, count: keepDays, for: access)
            .reduce(0) { $0 + $1.succeeded + $1.failed + $1.notRun }
        let its =
            count == 0
            ? "Its executions stay" : "Its \(Words.count(count, "execution")) of the last \(keepDays) days \(count == 1 ? "stays" : "stay")"
        return "\(its) in history as long as history is kept, which is \(keepDays) days."
    }

    @Sendable func delete(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let job = try await find(context)
        try await work.jobs.delete(.id(job.id), for: context.access)
        log("job deleted", job.id.text, context)
        return .seeOther(Paths.filled(Paths.jobs, context.slug))
            .flashing("\(job.definition.name) is deleted. For seven days you can restore it under Deleted jobs.")
    }

    // MARK: -

    private func path(of job: Job, _ context: MemberContext) -> String { Paths.filled(Paths.job, context.slug, job.id.text) }

    /// What the plan does not reach is said on the form, with all that was typed still in it.
    private func keepingInput(_ body: () async throws -> Response) async throws -> Response {
        do { return try await body() } catch Refusal.limitReached(_, let sentence) {
            throw InvalidInput(pointer: "", code: "limit_reached", detail: sentence)
        }
    }
}
