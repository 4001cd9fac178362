import HTTPTypes
import Hummingbird
import JSON
import Scheduling
import Tenancy

/// Making a job and changing it.
struct JobFormPages: Sendable {
    let work: Work
    let pages: Pages

    func addRoutes(to member: RouterGroup<MemberContext>) {
        member.get(Paths.newJob, needs: .changeJobs, use: showNew)
        member.post(Paths.newJob, needs: .changeJobs, use: make)
        member.post(Paths.jobPreview, needs: .changeJobs, use: preview)
        member.post(Paths.jobTest, needs: .changeJobs, use: test)
        member.get(Paths.jobEdit, needs: .changeJobs, use: showEdit)
        member.post(Paths.jobEdit, needs: .changeJobs, use: change)
    }

    private static let query = [Field("plugin", .string(1...40), help: "The kind of job.")]

    @Sendable private func showNew(_ request: Request, _ context: MemberContext) async throws -> Response {
        let plugin = try request.query(Self.query)["plugin"]?.string
        return try await show(form(nil, plugin: plugin, context), context)
    }

    @Sendable private func showEdit(_ request: Request, _ context: MemberContext) async throws -> Response {
        try await show(form(find(context), context), context)
    }

    @Sendable private func make(_ sent: SubmittedForm, _ context: MemberContext) async throws -> Response {
        var form = try await form(nil, plugin: sent.texts(of: "plugin").first, context)
        form.fill(sent)
        return try await answer(&form, context) { form in
            let made = try await work.jobs.create(form.draft(), for: context.access)
            return saved(made, "\(made.definition.name) is made.", context)
        }
    }

    @Sendable private func change(_ sent: SubmittedForm, _ context: MemberContext) async throws -> Response {
        guard let job = try await stillThere(context) else { return try await offer(sent, context) }
        var form = try await form(job, context)
        form.fill(sent)
        return try await answer(&form, context) { form in
            guard form.version == job.version else { throw Refusal.changedSince }
            let changed = try await work.jobs.change(.id(job.id), to: form.draft(), ifVersion: job.version, for: context.access)
            let words = changed.version == job.version ? "Nothing was changed." : "\(changed.definition.name) is saved."
            return saved(changed, words, context)
        }
    }

    /// Nil: it was deleted while somebody had its form open. Throws where there never was one, as everywhere.
    private func stillThere(_ context: MemberContext) async throws -> Job? {
        do { return try await find(context) } catch Refusal.notFound {
            guard let name = Jobs.Name(context.parameters.get("job") ?? "") else { throw Problem.notFound }
            _ = try await work.jobs.restorable(name, for: context.access)
            return nil
        }
    }

    /// What was typed for a job that is deleted by now, as a new one.
    private func offer(_ sent: SubmittedForm, _ context: MemberContext) async throws -> Response {
        var form = try await form(nil, plugin: sent.texts(of: "plugin").first, context)
        form.fill(sent)
        return try await answer(&form, context) { _ in
            let words = "This job was deleted meanwhile. Restore it first, or save what you typed as a new job."
            throw InvalidInput(pointer: "", code: "not_found", detail: words)
        }
    }

    private func saved(_ job: Job, _ words: String, _ context: MemberContext) -> Response {
        .seeOther(Paths.filled(Paths.job, context.slug, job.id.text)).flashing(words)
    }

    // MARK: - Trying it

    /// What a schedule comes to, while it is being typed: of the form nothing else need be there.
    @Sendable private func preview(_ sent: SubmittedForm, _ context: MemberContext) async throws -> Response {
        var form = try await form(of: sent, context)
        let understood = await understood(form, context)
        if let invalid = understood.invalid { form.refuse(invalid) }
        let status: HTTPResponse.Status = understood.invalid == nil && !form.isRefused ? .ok : .unprocessableContent
        return show(form, preview: understood.view, context, status)
    }

    /// One real call of what stands in the form, which is not saved.
    @Sendable private func test(_ sent: SubmittedForm, _ context: MemberContext) async throws -> Response {
        var form = try await form(of: sent, context)
        return try await answer(&form, context) { form in
            let attempt = try await work.testCalls.call(draft: form.draft(), changing: form.job, for: context.access)
            return await show(form, preview: understood(form, context).view, result: TestResultView(attempt), context)
        }
    }

    // MARK: -

    private func find(_ context: MemberContext) async throws -> Job {
        guard let name = Jobs.Name(context.parameters.get("job") ?? "") else { throw Problem.notFound }
        return try await work.jobs.find(name, for: context.access)
    }

    private func form(_ job: Job?, plugin: String? = nil, _ context: MemberContext) async throws -> JobForm {
        try JobForm(
            job, shownAs: job.map(work.jobs.json), plugin: plugin, plugins: work.jobs.plugins,
            channels: await work.alerts.channels.named(for: context.access), for: context.access)
    }

    /// Of a job that it changes, or of a new one.
    private func form(of sent: SubmittedForm, _ context: MemberContext) async throws -> JobForm {
        var job: Job?
        if let id = sent.texts(of: "_job").first {
            guard let name = Jobs.Name(id) else { throw Problem.notFound }
            job = try await work.jobs.find(name, for: context.access)
        }
        var form = try await form(job, plugin: sent.texts(of: "plugin").first, context)
        form.fill(sent)
        return form
    }

    /// Answers with what `accept` makes of the form, or with the form again, everything that was typed in it, and what keeps it from being
    /// accepted beside the control.
    private func answer(
        _ form: inout JobForm, _ context: MemberContext, accepting accept: (JobForm) async throws -> Response
    ) async throws -> Response {
        let status: HTTPResponse.Status
        do {
            guard !form.isRefused else { return try await show(form, context, .unprocessableContent) }
            return try await accept(form)
        } catch let invalid as InvalidInput {
            form.refuse(invalid)
            status = .unprocessableContent
        } catch Refusal.limitReached(let pointer, let sentence) {
            form.refuse(FieldError(pointer: pointer ?? "", code: "limit_reached", detail: sentence))
            status = .paymentRequired
        } catch Refusal.changedSince {
            return try await showConflict(form, context)
        } catch let denial as Denial {
            guard case .tryLater = denial else { throw denial }
            form.complain(denial.sentence)
            status = .tooManyRequests
        }
        return try await show(form, context, status)
    }

    /// Somebody else was faster: what he saved, and what was typed here, which can now be saved over it.
    private func showConflict(_ form: JobForm, _ context: MemberContext) async throws -> Response {
        guard let id = form.job?.id else { throw Problem.notFound }
        let job = try await work.jobs.find(.id(id), for: context.access)
        var form = form
        form.version = job.version
        let view = await understood(form, context).view
        return show(form, preview: view, current: work.jobs.json(job), context, .conflict)
    }

    private func show(_ form: JobForm, _ context: MemberContext, _ status: HTTPResponse.Status = .ok) async throws -> Response {
        show(form, preview: await understood(form, context).view, context, status)
    }

    private func show(
        _ form: JobForm, preview: SchedulePreviewView?, result: TestResultView? = nil, current: JSON? = nil, _ context: MemberContext,
        _ status: HTTPResponse.Status = .ok
    ) -> Response {
        let page = JobFormPage(
            form, context.viewer, plugins: work.jobs.plugins, preview: preview, result: result, current: current)
        return pages.answer(page, to: context.viewer, status)
    }

    /// What is understood of the schedule, in words either way; nothing where it cannot be found out just now.
    private func understood(_ form: JobForm, _ context: MemberContext) async -> (view: SchedulePreviewView?, invalid: InvalidInput?) {
        do {
            let body: JSON = ["schedule": try form.schedule()]
            let checked = try Jobs.previewBody.validate(body)
            return (SchedulePreviewView(try await work.jobs.preview(checked, insteadOf: form.job, for: context.access)), nil)
        } catch let invalid as InvalidInput {
            return (SchedulePreviewView(refused: invalid.errors[0].detail), invalid)
        } catch {
            return (nil, nil)
        }
    }
}
