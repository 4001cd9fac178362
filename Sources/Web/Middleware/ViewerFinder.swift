import HTTPTypes
import Hummingbird
import Tenancy

/// What every page shows of whoever looks at it.
struct Viewer: Sendable {
    var theme = Theme.system

    /// What the page before had to say; empty: nothing.
    var flash = ""

    /// Goes into every form.
    var formToken = ""

    /// The address of the page, to come back to; of what was posted, the landing page's.
    var place = Paths.landing

    /// The part of a page that is asked for, instead of all of it; empty: all of it.
    var fragment = ""

    /// Where a live page hears of what happens; empty: on no organization's page.
    var streamPath = ""

    /// Something fails in the organization whose page it is. Set by `AlarmFinder`.
    var hasAlarm = false

    /// Nil: nobody is signed in. To be set by whoever knows sessions.
    var navigation: Navigation?
}

/// Light or dark, or what the system says.
enum Theme: String, CaseIterable, Sendable { case system, light, dark }

/// Finds out what pages show of whoever looks at them, from the cookies, and sets the cookies that pages need.
struct ViewerFinder: RouterMiddleware {
    let tokens: FormTokens
    let newBrowserID: @Sendable () -> String

    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        guard !Paths.isForPrograms(request.uri.path), context.endpointPath != Paths.asset else { return try await next(request, context) }
        let cookies = Cookies(request, for: context.client)
        let kept = cookies[.session] ?? cookies[.browser]
        let secret = kept ?? newBrowserID()
        var context = context
        context.formSecret = kept
        context.browser = cookies[.browser].flatMap { Token($0)?.text }
        context.userAgent = request.headers[.userAgent] ?? ""
        context.viewer = Viewer(
            theme: cookies[.theme].flatMap(Theme.init) ?? .system, flash: Flash.text(cookies[.flash]), formToken: tokens.make(secret),
            place: ReturnPath(request.method == .get ? request.uri.description : nil)?.path ?? Paths.landing)
        context.viewer.fragment = [.get, .post].contains(request.method) ? request.fragment : ""
        var response = try await next(request, context)
        let isPage = response.headers[.contentType]?.hasPrefix("text/html") == true
        // Every page has a form, and so a token, which is worth nothing without the secret that it was made of.
        if isPage, kept == nil { response.set(SetCookie(.browser, secret, maxAge: .seconds(30 * 86_400)), for: context.client) }
        if isPage, !context.viewer.flash.isEmpty, context.viewer.fragment.isEmpty {
            response.set(.removal(of: .flash), for: context.client)
        }
        response.keepFlash(for: context.client)
        return response
    }
}
