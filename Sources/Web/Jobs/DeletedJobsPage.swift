import Scheduling
import Tenancy
import Time

/// The jobs that were deleted and can still be restored.
struct DeletedJobsPage: Page {
    static let template = "deletedjobs"

    /// (The stored names are long because a template knows no name at two depths.)
    struct Row: Sendable {
        let goneName: String
        let goneTarget: String
        let goneSchedule: String
        let goneAt: [Moment]
        let goneFor: [Moment]
        /// One, or none.
        let restoring: [PostButton]
    }

    let title: String
    let listPath: String
    let gone: [Row]
    let isEmpty: Bool
    let hasNext: Bool
    let nextPath: String
}

extension DeletedJobsPage {

    /// `next` is the address of the next page; nil: this is the last one.
    init(_ jobs: [Job], next: String?, now: Timestamp, token: String, _ access: Access) {
        let slug = access.organization.slug
        self.init(
            title: "Deleted jobs · \(access.organization.name)", listPath: Paths.filled(Paths.jobs, slug),
            gone: jobs.map { job in
                let button = PostButton(
                    "Restore", to: Paths.filled(Paths.jobRestore, slug, job.id.text), token: token, about: job.definition.name)
                return Row(
                    goneName: job.definition.name, goneTarget: Target(job.definition).inShort, goneSchedule: job.scheduleInWords,
                    goneAt: job.deletedAt.map { [Moment($0, now: now)] } ?? [],
                    goneFor: job.deletedAt.map { [Moment($0.adding(Jobs.regret), now: now)] } ?? [],
                    restoring: access.may(.changeJobs) ? [button] : [])
            },
            isEmpty: jobs.isEmpty, hasNext: next != nil, nextPath: next ?? "")
    }

    static let samples = [
        DeletedJobsPage(title: "Deleted jobs · Acme", listPath: "/acme/jobs", gone: [], isEmpty: true, hasNext: false, nextPath: ""),
        DeletedJobsPage(
            title: "Deleted jobs · Acme", listPath: "/acme/jobs",
            gone: [
                Row(
                    goneName: "Nightly <b> export", goneTarget: "POST api.acme.dev/exports", goneSchedule: "Every day at 02:00",
                    goneAt: [Moment(.init(seconds: 1_795_000_000), words: "2\u{A0}h ago")],
                    goneFor: [Moment(.init(seconds: 1_795_600_000), words: "in 6\u{A0}d")], restoring: [PageSamples.button])
            ], isEmpty: false, hasNext: true, nextPath: "/acme/jobs?deleted=true&cursor=x"),
    ]
}
