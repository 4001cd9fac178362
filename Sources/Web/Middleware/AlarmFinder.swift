import Hummingbird
import Scheduling

/// Finds out whether anything fails in the organization whose page is asked for: the tab's icon says so wherever somebody looks.
struct AlarmFinder: RouterMiddleware {
    let jobs: Jobs

    /// These count for themselves, or are no pages.
    private static let others: Set = [Paths.organization, Paths.jobs, Paths.stream, Paths.attemptResponse]

    func handle(_ request: Request, context: MemberContext, next: (Request, MemberContext) async throws -> Response) async throws
        -> Response
    {
        guard request.method == .get, context.endpointPath.map(Self.others.contains) != true else {
            return try await next(request, context)
        }
        var context = context
        do {
            context.viewer.hasAlarm = try await jobs.isAnyFailing(for: context.access)
        } catch {
            // The page is worth more than its icon.
            context.logger.warning("it could not be found out whether jobs fail", metadata: ["error": "\(error)"])
        }
        return try await next(request, context)
    }
}
