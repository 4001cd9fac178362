import Hummingbird
import JSON
import Tenancy

/// Signing up, in and out.
struct SignInPages: Sendable {
    let people: People
    let pages: Pages
    /// Where a developer finds his mail; nil: in his mailbox.
    let mailbox: String?

    func addRoutes(to router: Router<VisitorContext>) {
        router.get(RouterPath(Paths.signUp), use: signUp)
        router.post(Paths.signUp, form: Self.signUpFields, use: askAsNew)
        router.get(RouterPath(Paths.signIn), use: signIn)
        router.post(Paths.signIn, form: Self.signInFields, use: ask)
        router.get(RouterPath(Paths.signInSent), use: sent)
        router.post(Paths.signInCode, form: [Self.code], use: enterCode)
        router.get(RouterPath(Paths.signInLink), use: open)
        router.post(Paths.signInLink, form: [], use: follow)
        router.post(Paths.signOut, form: [], use: signOut)
        router.get(RouterPath(Paths.dashboard), use: dashboard)
        router.get(RouterPath(Paths.jobsOfDashboard), use: dashboard)
    }

    private static let email = Field(
        "email", .string(3...254), required: true, label: "E-mail address", help: "We mail you a link; there is no password.",
        example: "alice@example.com")
    private static let organization = Field(
        "organization", .string(1...100), required: true, label: "Organization", help: "Your team or company. It can be renamed.",
        example: "Acme")
    private static let next = Field("next", .string(0...2_000))
    private static let code = Field(
        "code", .string(1...20), required: true, label: "Six digits", help: "From the link, if you opened it elsewhere.")
    static let signUpFields = [email, organization]
    static let signInFields = [email, next]

    // MARK: - Asking

    @Sendable private func signUp(_ request: Request, _ context: VisitorContext) -> Response {
        signUp(form: signUpForm(context), context)
    }

    private func signUp(form: Form, _ context: VisitorContext) -> Response {
        let page = PlainPage(
            "Sign up", ["Prikke calls your URLs on time. Start on the free plan."], forms: [form],
            links: [("I have an account: sign in", Paths.signIn)])
        return pages.answer(page, to: context.viewer)
    }

    private func signUpForm(_ context: VisitorContext) -> Form {
        Form(
            to: Paths.signUp, token: context.viewer.formToken,
            fields: [
                FormField(Self.email, kind: .email, autocomplete: "email"), FormField(Self.organization, autocomplete: "organization"),
            ],
            button: "Sign up")
    }

    @Sendable private func signIn(_ request: Request, _ context: VisitorContext) throws -> Response {
        let query = try QueryString.parse(request.uri.query ?? "")
        let next = ReturnPath(query.first { $0.name == "next" }?.value)?.path ?? ""
        let email = context.person?.user.email.text ?? query.first { $0.name == "email" }?.value ?? ""
        return signIn(form: signInForm(email: email, next: next, context), context)
    }

    private func signIn(form: Form, _ context: VisitorContext) -> Response {
        pages.answer(
            PlainPage("Sign in", forms: [form], links: [("I am new here: sign up", Paths.signUp)]), to: context.viewer)
    }

    private func signInForm(email: String, next: String, _ context: VisitorContext) -> Form {
        Form(
            to: Paths.signIn, token: context.viewer.formToken,
            fields: [
                FormField(Self.email, kind: .email, value: email, autocomplete: "email"),
                FormField(name: "next", kind: .hidden, value: next),
            ], button: "Mail me a link")
    }

    @Sendable private func askAsNew(_ form: SubmittedForm, _ context: VisitorContext) async throws -> Response {
        try await form.answer(redrawing: signUpForm(context), with: { signUp(form: $0, context) }) { values in
            try await ask(
                .init(email: values["email"]?.string ?? "", organizationName: values["organization"]?.string ?? ""), form, context)
        }
    }

    @Sendable private func ask(_ form: SubmittedForm, _ context: VisitorContext) async throws -> Response {
        let next = ReturnPath(form.texts(of: "next").first)?.path
        let empty = signInForm(email: "", next: next ?? "", context)
        return try await form.answer(redrawing: empty, with: { signIn(form: $0, context) }) { values in
            try await ask(.init(email: values["email"]?.string ?? "", next: next), form, context)
        }
    }

    /// The same answer whether or not anybody is known, or too many have asked.
    private func ask(_ asked: MagicLinks.Request, _ form: SubmittedForm, _ context: VisitorContext) async throws -> Response {
        let browser = context.browser ?? Token().text
        let wasMailed = try await people.magicLinks.ask(asked, from: context.visitor(browser))
        context.logger.info("sign-in asked", metadata: ["mailed": "\(wasMailed)", "network": "\(context.client.network)"])
        var response = Response.seeOther(Paths.signInSent)
        response.set(.browser(browser), for: context.client)
        return response
    }

    @Sendable private func sent(_ request: Request, _ context: VisitorContext) -> Response { sent(form: codeForm(context), context) }

    private func sent(form: Form, _ context: VisitorContext) -> Response {
        let page = PlainPage(
            "Check your mailbox",
            [
                "If the address is right, a link is on its way. It is good for ten minutes, in this browser.",
                "Opened elsewhere, on a phone for one, it shows six digits. Type them here.",
            ], forms: [form],
            links: [("Nothing came: ask again", Paths.signIn)] + (mailbox.map { [("Mailbox of this development server", $0)] } ?? []))
        return pages.answer(page, to: context.viewer)
    }

    private func codeForm(_ context: VisitorContext) -> Form {
        Form(
            to: Paths.signInCode, token: context.viewer.formToken, fields: [FormField(Self.code, autocomplete: "one-time-code")],
            button: "Sign in")
    }

    // MARK: - Coming in

    /// A link that was opened. It shows, and changes nothing: whoever fetches mail to look through it opens it too.
    @Sendable private func open(_ request: Request, _ context: VisitorContext) async throws -> Response {
        try request.checkIsRead()
        return try await show(context.parameters.get("token") ?? "", context)
    }

    /// What a link comes to here.
    private func show(_ link: String, _ context: VisitorContext) async throws -> Response {
        let page: PlainPage
        switch try await people.magicLinks.open(link, in: context.browser) {
        case .here(let email):
            page = PlainPage(
                "Sign in as \(email)", ["One click, and you are in."],
                acts: [PostButton("Sign in", to: Paths.filled(Paths.signInLink, link), token: context.viewer.formToken, isPrimary: true)])
        case .elsewhere(let code):
            page = PlainPage(
                "Your six digits",
                [
                    "You asked to sign in from another browser. Type these digits there.",
                    "If you did not ask, close this page and give them to nobody.",
                ],
                code: code)
        case .used:
            page = PlainPage(
                "This link was used", ["Each works once. If you are not signed in, ask for a new one."],
                way: ("Ask for a new link", Paths.signIn))
        case .gone:
            page = PlainPage(
                "This link is no longer good",
                ["It holds for ten minutes, and only until you ask for another one. If it was cut by your mail program, copy all of it."],
                way: ("Ask for a new link", Paths.signIn))
        }
        return pages.answer(page, to: context.viewer, .ok, [.referrerPolicy: "no-referrer"])
    }

    @Sendable private func follow(_ form: SubmittedForm, _ context: VisitorContext) async throws -> Response {
        let link = context.parameters.get("token") ?? ""
        guard let browser = context.browser, let signedIn = try await people.magicLinks.signIn(with: link, in: context.visitor(browser))
        else {
            context.logger.info("sign-in failed", metadata: ["by": "link", "network": "\(context.client.network)"])
            return try await show(link, context)
        }
        return try await people.welcome(signedIn, browser, context)
    }

    @Sendable private func enterCode(_ form: SubmittedForm, _ context: VisitorContext) async throws -> Response {
        try await form.answer(redrawing: codeForm(context), with: { sent(form: $0, context) }) { values in
            let browser = context.browser ?? Token().text
            do {
                let signedIn = try await people.magicLinks.signIn(
                    withCode: values["code"]?.string ?? "", in: context.visitor(browser))
                return try await people.welcome(signedIn, browser, context)
            } catch let invalid as InvalidInput {
                context.logger.info("sign-in failed", metadata: ["by": "code", "network": "\(context.client.network)"])
                throw invalid
            }
        }
    }

    // MARK: - Going out

    @Sendable private func signOut(_ form: SubmittedForm, _ context: VisitorContext) async throws -> Response {
        if let session = context.person?.session {
            try? await people.sessions.end(session.id.text, of: session.user.id)
            context.logger.info("signed out", metadata: ["user": "\(session.user.id.text)"])
        }
        var response = Response.seeOther(Paths.landing).flashing("You are signed out.")
        response.set(.removal(of: .session), for: context.client)
        response.headers[.clearSiteData] = "\"cache\", \"storage\""
        return response
    }

    /// To the organization; where there is none, to the invites, or to making one.
    @Sendable private func dashboard(_ request: Request, _ context: VisitorContext) throws -> Response {
        let person = try PersonContext(context: context).person
        let open = person.memberships.filter { $0.erasedAt == nil }.map(\.organization)
        let kept = Cookies(request, for: context.client)[.organization]
        if let organization = open.first(where: { $0.slug == kept }) ?? open.first {
            return .seeOther(Paths.filled(Paths.organization, organization.slug))
        }
        return .seeOther(person.invites.isEmpty ? Paths.newOrganization : Paths.invites)
    }
}

extension People {
    /// A new session, whoever was signed in here before.
    func welcome(_ signedIn: MagicLinks.SignedIn, _ browser: String, _ context: VisitorContext) async throws -> Response {
        if let old = context.person?.session { try? await sessions.end(old.id.text, of: old.user.id) }
        context.logger.info("signed in", metadata: ["user": "\(signedIn.user.id.text)", "network": "\(context.client.network)"])
        let own = signedIn.organization.map { Paths.filled(Paths.organization, $0.slug) }
        var response = Response.seeOther(ReturnPath(signedIn.next)?.path ?? own ?? Paths.dashboard)
        response.set(SetCookie(.session, signedIn.token.text, maxAge: .seconds(90 * 86_400)), for: context.client)
        response.set(.browser(browser), for: context.client)
        return response
    }
}

extension VisitorContext {
    /// What signing in is told of the browser.
    func visitor(_ browser: String) -> Sessions.Visitor {
        Sessions.Visitor(browser: browser, userAgent: userAgent, address: client.address, network: client.network)
    }
}

extension SetCookie {
    /// For as long as browsers keep any: a sign-in from a browser that is not known is told by mail.
    static func browser(_ value: String) -> SetCookie { SetCookie(.browser, value, maxAge: .seconds(400 * 86_400)) }
}
