import Hummingbird
import Scheduling

/// The list of jobs, one job, and what is done to either.
struct JobsPages: Sendable {
    let work: Work
    let pages: Pages

    func addRoutes(to member: RouterGroup<MemberContext>) {
    }
}
