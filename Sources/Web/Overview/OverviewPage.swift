/// The jobs and the latest executions of one organization, plainly, while the real pages do not exist yet. Every text is
/// ready to print.
public struct OverviewPage: Page {
    static let template = "overview"

    /// One job as a row.
    public struct JobRow: Sendable {
        let mark: String
        let state: String
        let name: String
        let target: String
        let schedule: String
        let next: String

        /// `state` is the word beside the mark; `next` the next run or a dash.
        public init(mark: Mark, state: String, name: String, target: String, schedule: String, next: String) {
            (self.mark, self.state, self.name) = (mark.svg, state, name)
            (self.target, self.schedule, self.next) = (target, schedule, next)
        }
    }

    /// One execution as a row.
    public struct ExecutionRow: Sendable {
        let mark: String
        let status: String
        let job: String
        let due: String
        let code: String
        let duration: String
        let lateness: String

        /// Where something is not known yet, an empty text.
        public init(mark: Mark, status: String, job: String, due: String, code: String, duration: String, lateness: String) {
            (self.mark, self.status, self.job, self.due) = (mark.svg, status, job, due)
            (self.code, self.duration, self.lateness) = (code, duration, lateness)
        }
    }

    let title: String
    let heading: String
    let jobs: [JobRow]
    let executions: [ExecutionRow]
    let hasNoJobs: Bool
    let hasNoExecutions: Bool

    /// Jobs in the order shown; executions newest first.
    public init(organization: String, jobs: [JobRow], executions: [ExecutionRow]) {
        title = "Jobs · \(organization)"
        heading = organization
        self.jobs = jobs
        self.executions = executions
        hasNoJobs = jobs.isEmpty
        hasNoExecutions = executions.isEmpty
    }
}

extension OverviewPage {
    static let samples = [
        OverviewPage(organization: "Acme", jobs: [], executions: []),
        OverviewPage(
            organization: "Acme <b> & Söhne",
            jobs: [
                JobRow(
                    mark: .good, state: "Healthy", name: "Every second", target: "http://127.0.0.1:4000/demo/ok", schedule: "Every second",
                    next: "09:14:03"),
                JobRow(
                    mark: .bad, state: "Failing", name: "Nightly export", target: "https://api.example.com/a/rather/long/path/to/an/export",
                    schedule: "At 02:00, Monday to Friday (Europe/Oslo)", next: "–"),
            ],
            executions: [
                ExecutionRow(
                    mark: .good, status: "Success", job: "Every second", due: "2026-11-23 09:14:02.000", code: "200", duration: "3\u{A0}ms",
                    lateness: "1\u{A0}ms"),
                ExecutionRow(
                    mark: .bad, status: "Timeout", job: "Nightly export", due: "2026-11-23 01:00:00.000", code: "", duration: "30.0\u{A0}s",
                    lateness: "2\u{A0}ms"),
            ]
        ),
    ]
}
