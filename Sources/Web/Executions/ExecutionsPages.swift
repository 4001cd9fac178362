import Hummingbird
import Scheduling

/// The list of executions, one execution, and what is done to either.
struct ExecutionsPages: Sendable {
    let work: Work
    let pages: Pages

    func addRoutes(to member: RouterGroup<MemberContext>) {
    }
}
