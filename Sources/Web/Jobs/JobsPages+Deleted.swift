import Hummingbird
import Scheduling
import Tenancy

/// The jobs that were deleted, and bringing one back.
extension JobsPages {
    private static let mostDeleted = 50

    func listDeleted(_ query: JobsQuery, _ context: MemberContext) async throws -> Response {
        let found = try await work.jobs.deleted(
            after: query.cursor.isEmpty ? nil : Jobs.Position(query.cursor), limit: Self.mostDeleted + 1, for: context.access)
        let page = found.prefix(Self.mostDeleted)
        let next = found.count > Self.mostDeleted ? page.last.map { query.with(\.cursor, $0.position.cursor).path(in: context.slug) } : nil
        return pages.answer(
            DeletedJobsPage(page.map(\.job), next: next, now: work.now, token: context.viewer.formToken, context.access), to: context.viewer
        )
    }

    @Sendable func restore(_ form: SubmittedForm, _ context: MemberContext) async throws -> Response {
        guard let id = Job.Identifier(context.parameters.get("job") ?? "") else { throw Problem.notFound }
        let job = try await work.jobs.restore(.id(id), for: context.access)
        log("job restored", job.id.text, context)
        let next = job.nextRunAt.map { " Next run \(Moment.words($0, now: work.now))." } ?? ""
        return .seeOther(Paths.filled(Paths.job, context.slug, job.id.text)).flashing("\(job.definition.name) is back.\(next)")
    }
}
