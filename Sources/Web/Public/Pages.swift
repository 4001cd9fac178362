import HTTPTypes
import Hummingbird

/// The pages that anybody may see.
struct Pages: Sendable {
    let views: Views
    let assets: Assets
    let health: @Sendable () async -> HealthReport
    let about: @Sendable () -> About
    let hasDemo: Bool

    @Sendable func landing(_ request: Request, _ context: VisitorContext) -> Response {
        answer(LandingPage(hasDemo: hasDemo, isVisitor: context.viewer.navigation == nil), to: context.viewer)
    }

    @Sendable func status(_ request: Request, _ context: VisitorContext) async -> Response {
        answer(StatusPage(await health(), about()), to: context.viewer)
    }

    @Sendable func asset(_ request: Request, _ context: VisitorContext) throws -> Response {
        try assets.response(to: request, name: context.parameters.get("name"))
    }

    /// Does not repeat the address that was asked for, not even as the way back from the theme switch: there may be a link's token in it.
    func error(_ problem: Problem, _ context: VisitorContext) -> Response {
        var viewer = context.viewer
        viewer.place = Paths.landing
        return answer(ErrorPage(problem, requestID: context.requestID), to: viewer, problem.status, problem.headers)
    }

    /// The page as whoever looks at it sees it. `headers` may hold a `Referrer-Policy` or a `Content-Security-Policy` of its own.
    func answer(
        _ page: some Page, to viewer: Viewer, _ status: HTTPResponse.Status = .ok, _ headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "text/html; charset=utf-8"
        let isFragment = type(of: page).fragments.contains(viewer.fragment)
        let html = isFragment ? views.partial(viewer.fragment, page) : views.html(page, assets: assets, viewer: viewer)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }
}
