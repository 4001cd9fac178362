import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Scheduling
import Tenancy
import Time

/// One execution, and what is done to it.
extension ExecutionsPages {
    static let retryFields = [
        Field("body", .string(1...60_000, multiline: true)), Field("reason", .string(1...500)),
    ]
    static let rescheduleFields = [Field("at", .string(1...40, format: .inputTime), required: true)]
    private static let attempt = Field("attempt", .integer(1...32_767))

    private func find(_ context: MemberContext) async throws -> (execution: Execution, attempts: [Attempt]) {
        try await work.executions.find(context.parameters.get("execution") ?? "", for: context.access)
    }

    @Sendable func show(_ request: Request, _ context: MemberContext) async throws -> Response {
        let found = try await find(context)
        let query = try request.query([Self.attempt])
        return try await page(of: found, attempt: query["attempt"]?.int.map { Int($0) }, frame(context), context)
    }

    private func frame(_ context: MemberContext) -> ExecutionPage.Frame {
        ExecutionPage.Frame(
            viewer: context.viewer, organization: context.access.organization.name, slug: context.slug,
            mayChange: context.access.may(.changeJobs), now: work.now)
    }

    private func page(
        of found: (execution: Execution, attempts: [Attempt]), attempt: Int? = nil, _ frame: ExecutionPage.Frame, _ context: MemberContext
    ) async throws -> Response {
        pages.answer(ExecutionPage(try await subject(found, attempt: attempt, context), frame), to: context.viewer)
    }

    private func subject(
        _ found: (execution: Execution, attempts: [Attempt]), attempt: Int? = nil, _ context: MemberContext
    ) async throws -> ExecutionPage.Subject {
        let (execution, access) = (found.execution, context.access)
        var subject = ExecutionPage.Subject(
            execution: execution, attempts: found.attempts, around: try await work.executions.around(execution, for: access),
            job: try await work.jobs.titles(of: [execution.jobID], for: access)[execution.jobID])
        subject.attempt = attempt
        if [.manual, .api, .replay].contains(execution.trigger) {
            subject.askedBy = try await who(askedFor: execution, access)
        }
        if execution.status == .cancelled {
            let filter = AuditLog.Filter(action: "execution.cancelled", subject: execution.id.text)
            subject.cancelledBy = try await who(did: filter, access) { _ in true }
        }
        return subject
    }

    /// The audit log tells of a run by hand at the instant of its occurrence. Of a bulk replay it has one line for all.
    private func who(askedFor execution: Execution, _ access: Access) async throws -> String? {
        let time = execution.scheduledFor
        let subject = execution.repeatOf?.text ?? execution.jobID.text
        let filter = AuditLog.Filter(subject: subject, since: time, until: time.adding(.microseconds(1)))
        return try await who(did: filter, access) { $0.after?["execution"]?.string == execution.id.text }
    }

    private func who(
        did filter: AuditLog.Filter, _ access: Access, where isIt: (AuditEntry) -> Bool
    ) async throws -> String? {
        let entries = try await auditLog.page(filter, after: nil, limit: 20, for: access).filter(isIt)
        guard let entry = entries.first else { return nil }
        return entry.actor.words(try await auditLog.names(of: [entry], for: access))
    }

    /// Somebody else's document, as a file: no browser is to render it in our name, whatever it is.
    @Sendable func response(_ request: Request, _ context: MemberContext) async throws -> Response {
        let (id, attempt) = (context.parameters.get("execution") ?? "", context.parameters.get("attempt") ?? "")
        let response = try await work.executions.response(of: id, attempt: attempt, for: context.access)
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/octet-stream", .contentDisposition: "attachment; filename=\"\(id)-\(attempt).bin\"",
                .contentSecurityPolicy: "default-src 'none'; sandbox", .xContentTypeOptions: "nosniff",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: response.body)))
    }

    // MARK: - What is done to it

    @Sendable func retry(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let found = try await find(context)
        var frame = frame(context)
        let blank = ExecutionPage.Acts.changingForm(try await subject(found, context), frame)
        return try await form.answer(
            redrawing: blank,
            with: {
                frame.changing = $0
                return try await page(of: found, frame, context)
            },
            accepting: { changes in
                try await refusable(context) {
                    let again = try await work.executions.retry(found.execution, with: changes, for: context.access)
                    return .seeOther(Paths.filled(Paths.execution, context.slug, again.id.text))
                        .flashing("It runs again. This page shows what comes of it.")
                }
            })
    }

    @Sendable func cancel(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let execution = try await find(context).execution
        return try await refusable(context) {
            let cancelled = try await work.executions.cancel(execution, for: context.access)
            let words = cancelled.status.isFinal ? "It is cancelled." : "It is being cut off: this page shows how it ends."
            return .seeOther(Paths.filled(Paths.execution, context.slug, execution.id.text)).flashing(words)
        }
    }

    @Sendable func reschedule(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        let found = try await find(context)
        var frame = frame(context)
        let blank = ExecutionPage.Acts.movingForm(try await subject(found, context), frame)
        return try await form.answer(
            redrawing: blank,
            with: {
                frame.moving = $0
                return try await page(of: found, frame, context)
            },
            accepting: { values in
                try await refusable(context) {
                    let time = values["at"]?.string.flatMap(Timestamp.init(input:)) ?? Timestamp(seconds: 0)
                    let moved = try await work.executions.reschedule(found.execution, to: time, for: context.access)
                    return .seeOther(Paths.filled(Paths.execution, context.slug, moved.id.text))
                        .flashing("It is due at \(time.words).")
                }
            })
    }

    /// What cannot be done to it is said on its page, which shows how it stands.
    private func refusable(_ context: MemberContext, _ act: () async throws -> Response) async throws -> Response {
        do {
            return try await act()
        } catch let refusal as Refusal {
            guard let words = refusal.words else { throw refusal }
            return .seeOther(Paths.filled(Paths.execution, context.slug, context.parameters.get("execution") ?? "")).flashing(words)
        }
    }
}

extension Actor {
    /// As pages name it; `names` are those of people and keys, by id.
    func words(_ names: [String: String]) -> String {
        switch self {
        case .user(let id): names[id.text] ?? "somebody who has left"
        case .key(let id): names[id.text].map { "key “\($0)”" } ?? "a key that is gone"
        case .system: "Prikke"
        case .operator: "the operator"
        case .erased: "somebody who is erased"
        }
    }
}
