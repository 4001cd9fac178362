/// A problem as a person sees it: what happened, what to do, where to go on, and what to name when asking for help.
struct ErrorPage: Page {
    static let template = "error"
    static let samples =
        [Problem.notFound, .staleForm, .tooManyRequests(seconds: 12), .internalError, .unavailable].map {
            ErrorPage($0, requestID: "req_0123456789abcdef")
        }

    struct Way: Sendable { let wayLabel, wayPath: String }

    let title: String
    let heading: String
    let detail: String
    let status: String
    let requestID: String
    let code: String
    let codePath: String
    let ways: [Way]

    init(_ problem: Problem, requestID: String) {
        title = "\(problem.title) · Prikke"
        heading = problem.title
        detail = problem.detail
        status = "\(problem.status.code)"
        (code, codePath) = (problem.code, Paths.errorPage(problem.code))
        self.requestID = requestID
        let start = Way(wayLabel: "Go to the start page", wayPath: Paths.landing)
        ways =
            switch problem.status.code {
            case 500...: [Way(wayLabel: "See how Prikke is", wayPath: Paths.status), start]
            case 403: [start, Way(wayLabel: "Your account", wayPath: Paths.account)]
            case 404: [start, Way(wayLabel: "Docs", wayPath: Paths.docs)]
            default: [start]
            }
    }
}
