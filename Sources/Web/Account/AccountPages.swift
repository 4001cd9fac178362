import Hummingbird
import JSON
import Tenancy

/// A person's own pages.
struct AccountPages: Sendable {
    let people: People
    let pages: Pages

    func addRoutes(to person: RouterGroup<PersonContext>, visitors: Router<VisitorContext>) {
        person.get(RouterPath(Paths.account), use: account)
        person.post(Paths.address, form: [Self.email], use: askToChangeAddress)
        // With the token in its address, it is not to be led back to from signing in.
        visitors.get(RouterPath(Paths.newAddress), use: showNewAddress)
        person.post(Paths.newAddress, form: [], use: changeAddress)
        person.post(Paths.endSession, form: [], use: endSession)
        person.post(Paths.endOtherSessions, form: [], use: endOthers)
        person.post(Paths.endAllSessions, form: [], use: endAll)
        person.get(RouterPath(Paths.accountExport), use: export)
        person.get(RouterPath(Paths.accountDeletion), use: showDeletion)
        person.post(Paths.accountDeletion, form: [Self.confirmation], use: delete)
        // Whoever reads the old mailbox may be kept out of the account.
        visitors.get(RouterPath(Paths.oldAddress), use: showOldAddress)
        visitors.post(Paths.oldAddress, form: [Self.oldAddress], use: takeAddressBack)
    }

    private static let email = Field(
        "email", .string(3...254), required: true, label: "New address",
        help: "We mail a link there; the old one holds until you follow it.",
        example: "alice@example.com")
    private static let oldAddress = Field(
        "email", .string(1...300), required: true, label: "Your old address",
        help: "The one that this link was mailed to. Type it to confirm.")
    private static let confirmation = Field(
        "confirmation", .string(1...300), required: true, label: "Your address", help: "Type it to confirm.")

    @Sendable private func account(_ request: Request, _ context: PersonContext) async throws -> Response {
        try await account(form: addressForm(context), context)
    }

    private func account(form: Form, _ context: PersonContext) async throws -> Response {
        let sessions = try await people.sessions.all(of: context.person.user.id)
        return pages.answer(
            AccountPage(context.person, sessions: sessions, form: form, token: context.viewer.formToken), to: context.viewer)
    }

    private func addressForm(_ context: PersonContext) -> Form {
        Form(
            to: Paths.address, token: context.viewer.formToken, fields: [FormField(Self.email, kind: .email, autocomplete: "email")],
            button: "Mail a link there")
    }

    // MARK: - Address

    @Sendable private func askToChangeAddress(_ form: SubmittedForm, _ context: PersonContext) async throws -> Response {
        try await form.answer(redrawing: addressForm(context), with: { try await account(form: $0, context) }) { values in
            try await context.recently(on: Paths.account) {
                try await people.users.askToChangeAddress(to: values["email"]?.string ?? "", in: context.person.session)
                context.logger.info("address change asked", metadata: ["user": "\(context.person.user.id.text)"])
                return .seeOther(Paths.account).flashing("Check the new mailbox: a link is on its way, good for an hour.")
            }
        }
    }

    @Sendable private func showNewAddress(_ request: Request, _ context: VisitorContext) async throws -> Response {
        try request.checkIsRead()
        let link = context.parameters.get("token") ?? ""
        guard let user = context.person?.user else {
            let page = PlainPage(
                "Sign in first",
                ["This link confirms a new address in the browser in which you are signed in. Sign in, then open it again."],
                way: ("Sign in", Paths.signIn))
            return pages.answer(page, to: context.viewer, .ok, [.referrerPolicy: "no-referrer"])
        }
        let page: PlainPage
        if let email = try await people.users.newAddress(link, of: user.id) {
            page = PlainPage(
                "Sign in as \(email) from now on", ["Your other sessions end, and \(user.email) is told."],
                acts: [PostButton("Confirm", to: Paths.filled(Paths.newAddress, link), token: context.viewer.formToken, isPrimary: true)])
        } else {
            page = PlainPage(
                "This link is no longer good",
                ["It holds for an hour, once, and for the account that asked for it: you are signed in as \(user.email)."],
                links: [("Account", Paths.account)])
        }
        return pages.answer(page, to: context.viewer, .ok, [.referrerPolicy: "no-referrer"])
    }

    @Sendable private func changeAddress(_ form: SubmittedForm, _ context: PersonContext) async throws -> Response {
        try await people.users.changeAddress(with: context.parameters.get("token") ?? "", in: context.person.session)
        context.logger.info("address changed", metadata: ["user": "\(context.person.user.id.text)"])
        return .seeOther(Paths.account).flashing("Your address is changed, and your other sessions have ended.")
    }

    @Sendable private func showOldAddress(_ request: Request, _ context: VisitorContext) async throws -> Response {
        try request.checkIsRead()
        return try await takingBack(form: takingBackForm(context), context)
    }

    private func takingBack(form: Form, _ context: VisitorContext) async throws -> Response {
        let page: PlainPage
        if try await people.users.oldAddress(context.parameters.get("token") ?? "") != nil {
            page = PlainPage("Take the change back", ["You sign in with your old address again, and all sessions end."], forms: [form])
        } else {
            page = PlainPage("This link is no longer good", ["It holds for 72 hours, and works once."], links: [("Sign in", Paths.signIn)])
        }
        return pages.answer(page, to: context.viewer, .ok, [.referrerPolicy: "no-referrer"])
    }

    /// Something is to be typed: a program that looks through mail presses buttons too, in whatever browser.
    private func takingBackForm(_ context: VisitorContext) -> Form {
        Form(
            to: Paths.filled(Paths.oldAddress, context.parameters.get("token") ?? ""), token: context.viewer.formToken,
            fields: [FormField(Self.oldAddress, kind: .email, autocomplete: "email")], button: "Take it back")
    }

    @Sendable private func takeAddressBack(_ form: SubmittedForm, _ context: VisitorContext) async throws -> Response {
        let link = context.parameters.get("token") ?? ""
        guard let old = try await people.users.oldAddress(link) else { throw Denial.notFound }
        return try await form.answer(redrawing: takingBackForm(context), with: { try await takingBack(form: $0, context) }) { values in
            guard values["email"]?.string?.lowercased() == old.text else {
                throw InvalidInput(pointer: "/email", code: "not_the_same", detail: "This is not the address that the link was mailed to.")
            }
            try await refusing(at: "/email") { try await people.users.takeAddressBack(with: link) }
            context.logger.info("address change taken back")
            return .seeOther(Paths.signIn).flashing("The change is taken back. Sign in with your old address.")
        }
    }

    // MARK: - Sessions

    @Sendable private func endSession(_ form: SubmittedForm, _ context: PersonContext) async throws -> Response {
        try await people.sessions.end(context.parameters.get("session") ?? "", of: context.person.user.id)
        return .seeOther(Paths.account).flashing("The session has ended.")
    }

    @Sendable private func endOthers(_ form: SubmittedForm, _ context: PersonContext) async throws -> Response {
        try await people.sessions.endAll(of: context.person.user.id, but: context.person.session.id)
        return .seeOther(Paths.account).flashing("All other sessions have ended.")
    }

    @Sendable private func endAll(_ form: SubmittedForm, _ context: PersonContext) async throws -> Response {
        try await people.sessions.endAll(of: context.person.user.id, but: nil)
        return .seeOther(Paths.signIn).flashing("All sessions have ended.")
    }

    // MARK: - Data

    @Sendable private func export(_ request: Request, _ context: PersonContext) async throws -> Response {
        .download(try await people.users.export(context.person.user), named: "prikke-account.json")
    }

    @Sendable private func showDeletion(_ request: Request, _ context: PersonContext) -> Response {
        deletion(form: deletionForm(context), context)
    }

    private func deletion(form: Form, _ context: PersonContext) -> Response {
        let page = PlainPage(
            "Delete your account",
            [
                "You are erased at once, and it cannot be undone: your sessions, memberships and invites.",
                "API keys that you made go on working for their organizations, but manage nothing more.",
            ], forms: [form])
        return pages.answer(page, to: context.viewer)
    }

    private func deletionForm(_ context: PersonContext) -> Form {
        Form(
            to: Paths.accountDeletion, token: context.viewer.formToken, fields: [FormField(Self.confirmation)], button: "Delete my account",
            cancel: Paths.account, isDangerous: true)
    }

    @Sendable private func delete(_ form: SubmittedForm, _ context: PersonContext) async throws -> Response {
        try await form.answer(redrawing: deletionForm(context), with: { deletion(form: $0, context) }) { values in
            try values.check("confirmation", is: context.person.user.email.text)
            return try await context.recently(on: Paths.accountDeletion) {
                do {
                    try await people.users.erase(in: context.person.session)
                } catch let denial as Denial where denial.code == Denial.lastOwner.code {
                    throw InvalidInput(pointer: "", code: denial.code, detail: denial.sentence)
                }
                context.logger.info("user erased", metadata: ["user": "\(context.person.user.id.text)"])
                var response = Response.seeOther(Paths.landing).flashing("Your account is deleted.")
                response.set(.removal(of: .session), for: context.client)
                return response
            }
        }
    }
}

extension SignedInContext {
    /// Does what takes a sign-in of the last ten minutes, or leads to one, and back to the page at `path`.
    func recently(on path: String, _ act: () async throws -> Response) async throws -> Response {
        guard person.session.isRecent else {
            return .seeOther(Paths.signIn(returningTo: path)).flashing(Denial.recentSignInNeeded.sentence)
        }
        return try await act()
    }
}

extension JSONObject {
    /// What must be typed before something that cannot be undone.
    func check(_ name: String, is text: String) throws(InvalidInput) {
        guard let typed = self[name]?.string, typed.utf8.elementsEqual(text.utf8) else {
            throw InvalidInput(pointer: "/\(name)", code: "not_the_same", detail: "This is not \(text).")
        }
    }
}

extension Response {
    /// A file to be kept, that no browser shows.
    static func download(_ json: JSON, named name: String) -> Response {
        download(json.bytes(), type: "application/json", named: name)
    }

    static func download(_ bytes: [UInt8], type: String, named name: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .contentDisposition: "attachment; filename=\"\(name)\""],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
