import Hummingbird
import JSON
import Scheduling
import Tenancy

/// The list of executions, one execution, and what is done to either.
struct ExecutionsPages: Sendable {
    let work: Work
    let auditLog: AuditLog
    let siteURL: String
    let pages: Pages

    func addRoutes(to member: RouterGroup<MemberContext>) {
        member.get(Paths.executions, needs: .seeJobs, use: list)
        member.get(Paths.replay, needs: .changeJobs, use: previewReplay)
        member.post(Paths.replay, needs: .changeJobs, form: Self.replayFields, use: replay)
        member.get(Paths.execution, needs: .seeJobs, use: show)
        member.get(Paths.attemptResponse, needs: .seeJobs, use: response)
        member.post(Paths.executionRetry, needs: .changeJobs, form: Self.retryFields, use: retry)
        member.post(Paths.executionCancel, needs: .changeJobs, use: cancel)
        member.post(Paths.executionReschedule, needs: .changeJobs, form: Self.rescheduleFields, use: reschedule)
    }

    /// What keeps the page under its 30 KB.
    private static let perPage = 25
    private static let cursor = Field("cursor", .string(1...100))

    @Sendable private func list(_ request: Request, _ context: MemberContext) async throws -> Response {
        var frame = ExecutionsPage.Frame(
            viewer: context.viewer, organization: context.access.organization.name, slug: context.slug,
            mayChange: context.access.may(.changeJobs), siteURL: siteURL, now: work.now)
        do {
            let query = try request.query(ExecutionFilter.fields + [Self.cursor])
            let (filter, position) = (ExecutionFilter(query), query["cursor"]?.string.map(Executions.Position.init))
            if case .some(nil) = position {
                throw InvalidInput(pointer: "/cursor", code: "invalid_cursor", detail: "There is no such page. Begin with the newest.")
            }
            let found = try await work.executions.page(
                filter.filter(now: frame.now), after: position ?? nil, limit: Self.perPage + 1, for: context.access)
            let shown = Array(found.prefix(Self.perPage))
            frame.titles = try await work.jobs.titles(of: shown.map(\.jobID), for: context.access)
            let next = found.count > Self.perPage ? shown.last.map { Executions.Position($0).cursor } : nil
            return pages.answer(
                ExecutionsPage(shown, filter, next: next, isFirst: position == nil, frame), to: context.viewer)
        } catch let invalid as InvalidInput {
            let typed = (try? QueryString.parse(request.uri.query ?? "")) ?? []
            let texts = Dictionary(typed.map { ($0.name, $0.value.cut(200)) }, uniquingKeysWith: { $1 })
            return pages.answer(
                ExecutionsPage(typed: texts, complaints: invalid.sentences, frame), to: context.viewer, .unprocessableContent)
        }
    }
}

extension InvalidInput {
    /// What is wrong, a sentence for each, with the name of what it is about.
    var sentences: [String] {
        errors.map { error in
            let name = error.pointer.split(separator: "/").first.map { $0.prefix(1).uppercased() + $0.dropFirst().prefix(40) }
            return name.map { "\($0): \(error.detail)" } ?? error.detail
        }
    }
}
