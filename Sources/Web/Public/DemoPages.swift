import Hummingbird
import Tenancy

/// The demo organization, as far as the web server lets people in there without a mail. In development only.
public struct Demo: Sendable {
    /// Whether `prikke seed` has made it.
    let isThere: @Sendable () async throws -> Bool
    /// A session of its owner; nil: it is not there.
    let signIn: @Sendable (Sessions.Visitor) async throws -> MagicLinks.SignedIn?

    public init(
        isThere: @escaping @Sendable () async throws -> Bool,
        signIn: @escaping @Sendable (Sessions.Visitor) async throws -> MagicLinks.SignedIn?
    ) {
        (self.isThere, self.signIn) = (isThere, signIn)
    }
}

/// What the demo is, the button that leads into it, and what its jobs call.
struct DemoPages: Sendable {
    let demo: Demo
    let people: People?
    let pages: Pages

    func addRoutes(to router: Router<VisitorContext>) {
        router.get(RouterPath(Paths.demo), use: show)
        router.post(Paths.demo, form: [], use: enter)
        router.get(RouterPath(Paths.demoReceiver), use: DemoReceiver.answer)
        router.post(RouterPath(Paths.demoReceiver), use: DemoReceiver.answer)
    }

    @Sendable private func show(_ request: Request, _ context: VisitorContext) async throws -> Response {
        let about = "An organization with jobs in every state, which call this very server: healthy, late, failing, paused."
        guard try await demo.isThere() else {
            return pages.answer(
                PlainPage("The demo", [about, "It is not there yet. Make it on this machine, then come back:"], secret: "prikke seed"),
                to: context.viewer)
        }
        let page = PlainPage(
            "The demo",
            [
                about, "You come in as its owner, demo@example.com, without a mail. Change what you like: it is yours.",
                "This is for development; in production there is no demo.",
            ],
            acts: [PostButton("Enter the demo", to: Paths.demo, token: context.viewer.formToken, isPrimary: true)])
        return pages.answer(page, to: context.viewer)
    }

    @Sendable private func enter(_ form: SubmittedForm, _ context: VisitorContext) async throws -> Response {
        let browser = context.browser ?? Token().text
        guard let people, let signedIn = try await demo.signIn(context.visitor(browser)) else { return .seeOther(Paths.demo) }
        return try await people.welcome(signedIn, browser, context)
    }
}
