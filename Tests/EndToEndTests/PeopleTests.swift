import JSON
import Postgres
import TestSupport
import Testing

/// What people do, from signing up to being erased, in browsers that run no scripts.
@Suite(.timeLimit(.minutes(3))) struct PeopleTests {
    @Test func anInvitedPersonJoinsAndWhatTheOwnerChangesHoldsFromTheNextRequestOn() async throws {
        let server = try await Server.shared()
        try await Person.lend(at: server) { owner in
            let organization = try await owner.signUp(organization: "Zaunkönig & Söhne")
            #expect(try await owner.heading == "Zaunkönig & Söhne")
            #expect(try await owner.browser.text(".switcher summary") == "Zaunkönig & Söhne")
            #expect(try await owner.browser.text(".account a[href='/account']") == owner.email)

            try await Person.lend(at: server) { guest in
                try await invite(guest, to: organization, by: owner)
                try await join(organization, guest)
                try await meetChangesOfRole(guest, in: organization, by: owner)
            }
        }
    }

    func invite(_ guest: Person, to organization: String, by owner: Person) async throws {
        try await owner.open(organization + "/members")
        try await owner.fill(("email", guest.email))
        try await owner.press("Invite")
        #expect(try await owner.flash.hasPrefix("The invite is open for seven days."))
        #expect(try await owner.page.contains("2 of 2 places taken"))
        // A plan of two has no room for a third.
        try await owner.fill(("email", Person.newAddress()))
        try await owner.press("Invite")
        #expect(try await owner.browser.text(".error").hasPrefix("Your plan has room for 2 members"))
    }

    /// From the mail through signing up to the organization's own page.
    func join(_ organization: String, _ guest: Person) async throws {
        try await guest.follow(mail: "You are invited to Zaunkönig & Söhne")
        #expect(try await guest.heading == "You are invited to Zaunkönig & Söhne")
        try await guest.browser.follow("Sign in to answer")
        #expect(try await guest.browser.executeScript("return document.querySelector('[name=email]').value").string == guest.email)
        try await guest.askForLink(pressing: "Mail me a link")
        try await guest.follow(mail: Person.signInMail)
        try await guest.press("Sign in")
        #expect(try await guest.path == "/invites")
        try await guest.press("Accept")
        #expect(try await guest.path == organization)
        #expect(try await guest.flash == "Welcome to Zaunkönig & Söhne.")
        #expect(try await sections(of: guest) == ["Overview", "Jobs", "Executions", "Alerts", "Members"])
    }

    func meetChangesOfRole(_ guest: Person, in organization: String, by owner: Person) async throws {
        try await owner.open(organization + "/members")
        try await owner.browser.follow(guest.email)
        try await owner.choose("admin", from: "role")
        try await owner.press("Change role")
        #expect(try await owner.flash == "\(guest.email) is admin now.")
        try await guest.open(organization)
        #expect(
            try await sections(of: guest) == ["Overview", "Jobs", "Executions", "Alerts", "Members", "API keys", "Audit log", "Settings"])

        try await owner.browser.follow(guest.email)
        try await owner.browser.follow("Remove…")
        try await owner.press("Remove them")
        #expect(try await owner.flash == "\(guest.email) is removed.")
        try await guest.open(organization)
        #expect(try await guest.heading == "Not found")
        try await guest.open("/account")
        #expect(try await guest.page.contains("You belong to none yet."))
    }

    func sections(of person: Person) async throws -> [String] {
        try await person.browser.text(".sections").split(separator: /\s{2,}|\n/).map(String.init)
    }

    // MARK: - Links

    @Test func aLinkThatAScannerFetchedAndAnotherBrowserOpenedStillSignsIn() async throws {
        let server = try await Server.shared()
        try await Person.lend(at: server) { person in
            try await person.open("/users/register")
            try await person.fill(("email", person.email), ("organization", "Acme"))
            try await person.askForLink(pressing: "Sign up")
            let link = try await person.link(inMail: Person.signInMail)
            let path = String(link.dropFirst(server.url.count))
            for cookies in [[], [("Cookie", "prikke_browser=somebody-else; a=b")]] as [[(name: String, value: String)]] {
                for (method, status) in [("GET", 200), ("HEAD", 405), ("GET", 200)] {
                    #expect(await server.send(Call(method: method, path: path, headers: cookies)).status == status)
                }
            }
            try await person.browser.open(link)
            #expect(try await person.heading == "Sign in as \(person.email)")
            try await person.press("Sign in")
            #expect(try await person.heading == "Acme")
        }
    }

    @Test func theDigitsThatALinkShowsElsewhereSignInWhereItWasAskedFor() async throws {
        let server = try await Server.shared()
        try await Person.lend(at: server) { person in
            try await person.open("/users/register")
            try await person.fill(("email", person.email), ("organization", "Acme"))
            try await person.askForLink(pressing: "Sign up")
            let digits = try await Person.lend(at: server, email: person.email) { telephone in
                try await telephone.follow(mail: Person.signInMail)
                #expect(try await telephone.heading == "Your six digits")
                #expect(try await !telephone.browser.has("main button"))
                return try await telephone.browser.text(".code")
            }
            #expect(digits.filter(\.isNumber).count == 6)

            try await person.fill(("code", "000 00x"))
            try await person.press("Sign in")
            #expect(try await person.browser.text(".error").hasPrefix("This is not the code"))
            #expect(try await person.browser.executeScript("return document.activeElement.name").string == "code")
            try await person.fill(("code", digits))
            try await person.press("Sign in")
            #expect(try await person.heading == "Acme")
        }
    }

    @Test func aLinkThatIsUsedOverOrAlteredSaysSoAndWhatToDo() async throws {
        let server = try await Server.shared()
        try await Person.lend(at: server) { person in
            _ = try await person.signUp()
            let used = try await person.link(inMail: Person.signInMail)
            try await person.browser.open(used)
            #expect(try await person.heading == "This link was used")

            try await person.browser.open(used.dropLast(2) + "AA")
            #expect(try await person.heading == "This link is no longer good")

            try await person.browser.leave(by: person.browser.find(".account button"))
            #expect(try await person.flash == "You are signed out.")
            try await person.open("/users/log-in")
            try await person.fill(("email", person.email))
            try await person.askForLink(pressing: "Mail me a link")
            try await person.follow(mail: Person.signInMail, number: 2)
            #expect(try await person.heading == "Sign in as \(person.email)")
            try await server.database { database in
                _ = try await database.query("UPDATE magic_links SET expires_at = now() WHERE email = \(person.email)")
            }
            try await person.press("Sign in")
            #expect(try await person.heading == "This link is no longer good")
            try await person.browser.follow("Ask for a new link")
            #expect(try await person.heading == "Sign in")
        }
    }

    // MARK: - Keys

    @Test func aKeyIsMadeAndRotatedAndRevoked() async throws {
        let server = try await Server.shared()
        try await Person.lend(at: server) { person in
            let keys = try await person.signUp() + "/keys"
            try await person.open(keys)
            try await person.fill(("name", "Deploy"))
            try await person.press("Make a key")
            let first = try await person.browser.text(".secret")
            #expect(await status(of: first, at: server) == 200)

            try await person.browser.follow("All keys")
            try await person.browser.follow("Deploy")
            try await person.fill(("overlap_hours", "0"))
            try await person.press("Rotate")
            let second = try await person.browser.text(".secret")
            #expect(await [status(of: first, at: server), status(of: second, at: server)] == [401, 200])

            try await person.browser.follow("All keys")
            try await person.browser.follow("Deploy")
            try await person.browser.follow("Revoke…")
            try await person.press("Revoke it")
            #expect(try await person.flash == "Deploy is revoked.")
            #expect(await status(of: second, at: server) == 401)
            #expect(try await person.link(inMail: "New API key in Acme") == server.url + keys)
        }
    }

    func status(of key: String, at server: Server) async -> Int { await server.send(Call(path: "/api/jobs", key: key)).status }
}
