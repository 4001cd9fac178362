import Hummingbird
import JSON
import Scheduling
import Tenancy

/// The list of jobs, one job, and what is done to either.
struct JobsPages: Sendable {
    let work: Work
    let people: People
    let pages: Pages
    /// For what a page shows to be typed elsewhere.
    let siteURL: String

    func addRoutes(to member: RouterGroup<MemberContext>) {
        member.get(Paths.jobs, needs: .seeJobs, use: list)
        member.post(Paths.jobsAction, needs: .changeJobs, form: BulkAct.fields, use: actOnMany)
        member.get(Paths.job, needs: .seeJobs, use: show)
        member.post(Paths.jobRun, needs: .changeJobs, form: JobForms.running, use: run)
        member.post(Paths.jobPause, needs: .changeJobs, form: JobForms.pausing, use: pause)
        member.post(Paths.jobResume, needs: .changeJobs, form: JobForms.resuming, use: resume)
        member.post(Paths.jobClone, needs: .changeJobs, use: clone)
        member.get(Paths.jobDeletion, needs: .changeJobs, use: showDeletion)
        member.post(Paths.jobDeletion, needs: .changeJobs, use: delete)
        member.post(Paths.jobRestore, needs: .changeJobs, use: restore)
    }

    /// The job that the address names, by its id alone. What is no id, not there or another's is answered alike.
    func find(_ context: MemberContext) async throws -> Job {
        guard let id = Job.Identifier(context.parameters.get("job") ?? "") else { throw Problem.notFound }
        return try await work.jobs.find(.id(id), for: context.access)
    }

    /// Who has paused those of these jobs that people have paused, and when.
    func pauses(of jobs: [Job], for access: Access) async throws -> [Job.Identifier: JobNote.Pause] {
        let now = work.now
        let paused = jobs.filter { $0.isPaused(at: now) && $0.pausedByTarget == nil }
        guard !paused.isEmpty else { return [:] }
        let entries = try await people.auditLog.latest("job.paused", on: paused.map(\.id.text), for: access)
        let names = try await people.auditLog.names(of: Array(entries.values), for: access)
        let pauses = entries.mapValues { entry in
            switch entry.actor {
            case .user(let id): JobNote.Pause(by: names[id.text] ?? "", at: entry.at)
            case .key(let id): JobNote.Pause(by: names[id.text].map { "the key \($0)" } ?? "", at: entry.at)
            case .system, .operator, .erased: JobNote.Pause(by: "", at: entry.at)
            }
        }
        return Dictionary(uniqueKeysWithValues: paused.compactMap { job in pauses[job.id.text].map { (job.id, $0) } })
    }

    func log(_ what: StaticString, _ job: String, _ context: MemberContext) {
        context.logger.info(
            "\(what)",
            metadata: [
                "organization": "\(context.access.organization.id.text)", "by": "\(context.person.user.id.text)", "job": "\(job)",
            ])
    }
}
