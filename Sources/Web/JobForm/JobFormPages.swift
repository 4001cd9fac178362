import Hummingbird
import Scheduling

/// Making a job and changing it.
struct JobFormPages: Sendable {
    let work: Work
    let pages: Pages

    func addRoutes(to member: RouterGroup<MemberContext>) {
    }
}
