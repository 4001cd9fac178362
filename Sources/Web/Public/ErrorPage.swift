/// A problem as a person sees it.
struct ErrorPage: Page {
    static let template = "error"
    static let samples = [ErrorPage(.notFound, requestID: "req_0123456789abcdef"), ErrorPage(.internalError, requestID: "req_0")]

    let title: String
    let heading: String
    let detail: String
    let requestID: String
    let landingPath = Paths.landing

    init(_ problem: Problem, requestID: String) {
        title = "\(problem.title) · Prikke"
        heading = problem.title
        detail = problem.detail
        self.requestID = requestID
    }
}
