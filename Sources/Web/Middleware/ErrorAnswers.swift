import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1

/// Answers every error: as problem+json to a program, as a page to a person. The router's own 404 and 405 come by here too.
struct ErrorAnswers: RouterMiddleware {
    let routes: RouteTable
    let pages: Pages
    let site: Site

    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPParserError {
            throw error  // the connection ended in the middle of the body: there is nobody to answer
        } catch let error as Moved {
            let query = request.uri.query.map { "?\($0)" } ?? ""
            // What is posted is posted there.
            let status: HTTPResponse.Status = request.method == .get ? .movedPermanently : .permanentRedirect
            return Response(status: status, headers: [.location: error.path + query])
        } catch let error as SignInNeeded where wantsPage(request) {
            if let again = repetition?.answer(signedOut: request, context) { return again }
            return .seeOther(Paths.signIn(returningTo: error.place))
        } catch let error as HTTPError where error.status == .notFound && request.method == .options {
            return options(request, context)
        } catch let error as StaleForm where wantsPage(request) {
            return try await repetition?.answer(error, request, context) ?? pages.error(error.problem, context)
        } catch {
            let problem = problem(for: error, request, context)
            return wantsPage(request) ? pages.error(problem, context) : answer(problem, context)
        }
    }

    private var repetition: FormRepetition? { site.people.map { FormRepetition(people: $0, pages: pages) } }

    private func problem(for error: any Error, _ request: Request, _ context: VisitorContext) -> Problem {
        switch error {
        case let error as any Answerable: return error.problem
        case let error as Counted:
            var problem = problem(for: error.error, request, context)
            for (name, value) in error.headers { problem.headers[name] = value }
            return problem
        case is SignInNeeded: return .signInNeeded
        case let error as HTTPError where error.status == .notFound:
            let allowed = routes.methods(at: request.uri.path)
            return allowed.isEmpty ? .notFound : .methodNotAllowed(allowed)
        default:
            if let problem = site.problem(error) { return problem }
            // Errors of ours hold no values and no secrets (PostgresError has the statement's text only).
            context.logger.error("request failed", metadata: ["error": "\(error)", "route": "\(context.endpointPath ?? "none")"])
            return .internalError
        }
    }

    /// Which methods there are, and no header of CORS: no page of another origin may use what is here.
    private func options(_ request: Request, _ context: VisitorContext) -> Response {
        let allowed = request.uri.path == "*" ? Problem.allMethods : routes.methods(at: request.uri.path).joined(separator: ", ")
        guard !allowed.isEmpty else { return answer(.notFound, context) }
        return Response(status: .noContent, headers: [.allow: allowed])
    }

    private func wantsPage(_ request: Request) -> Bool {
        !Paths.isForPrograms(request.uri.path) && request.headers[.accept]?.contains("text/html") == true
    }

    private func answer(_ problem: Problem, _ context: VisitorContext) -> Response {
        var headers = problem.headers
        headers[.contentType] = "application/problem+json"
        let bytes = problem.json(requestID: context.requestID, siteURL: site.url).bytes()
        return Response(status: problem.status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
