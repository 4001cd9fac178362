import TestSupport
import Testing

/// Every page as people see it: legible in light and dark, whole on a narrow screen, named for whoever hears it, within its budget.
@Suite(.timeLimit(.minutes(3))) struct PagesTests {
    /// Nobody's name is longer.
    private static let longName = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft Wien Nußdorf & Co"

    private func check(_ person: Person, _ heading: String?, _ sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let (found, path) = try await (person.heading, person.path)
        #expect(found == heading ?? found, sourceLocation: sourceLocation)
        let faults = try await PageCheck.faults(of: person.browser)
        #expect(faults == [], "\(path)", sourceLocation: sourceLocation)
    }

    @Test func thePagesForStrangers() async throws {
        let server = try await Server.shared()
        try await Person.lend(at: server) { person in
            try await person.open("/")
            try await check(person, "Your URL, called on time")
            try await person.browser.follow("Sign up")
            try await check(person, "Sign up")
            try await person.press("Sign up")
            try await check(person, "Sign up")
            #expect(try await person.browser.executeScript("return document.activeElement.name").string == "email")
            #expect(try await person.browser.text(".error") == "Fill this in.")
            try await person.open("/users/log-in")
            try await check(person, "Sign in")
            try await person.open("/status")
            try await check(person, nil)
            for (path, heading) in [("/docs", "Docs"), ("/docs/cron", "Cron"), ("/docs/webhooks", "Webhooks"), ("/docs/sync", nil)] {
                try await person.open(path)
                try await check(person, heading)
            }
            try await person.open("/docs/cron?expression=0+24+*+*+*&timezone=Nowhere")
            try await check(person, "Cron")
            try await person.open("/nothing/at/all")
            try await check(person, "Not found")
            try await person.open("/users/log-in/nonsense")
            try await check(person, "This link is no longer good")
            try await person.open("/account/address-back/nonsense")
            try await check(person, "This link is no longer good")
            try await person.open("/invites/nonsense")
            try await check(person, "This invite is no longer open")
        }
    }

    @Test func thePagesOfSigningInAndOfAPerson() async throws {
        let server = try await Server.shared()
        try await Person.lend(at: server, email: longAddress()) { person in
            try await person.open("/users/register")
            try await person.fill(("email", person.email), ("organization", Self.longName))
            try await person.askForLink(pressing: "Sign up")
            try await check(person, "Check your mailbox")
            try await person.press("Sign in")
            try await check(person, "Check your mailbox")
            let link = try await person.link(inMail: Person.signInMail)
            try await check(person, Person.signInMail)
            try await person.open("/dev/mailbox")
            try await check(person, "Mailbox")
            try await Person.lend(at: server) { stranger in
                try await stranger.browser.open(link)
                try await check(stranger, "Your six digits")
            }
            try await person.browser.open(link)
            try await check(person, "Sign in as \(person.email)")
            try await person.press("Sign in")
            try await check(person, Self.longName)
            try await person.browser.open(link)
            try await check(person, "This link was used")

            try await person.open("/account")
            try await check(person, "Account")
            try await person.browser.follow("Delete account…")
            try await check(person, "Delete your account")
            try await person.open("/invites")
            try await check(person, "Invites")
            try await person.open("/organizations/new")
            try await check(person, "Make an organization")
            try await person.open("/account/address/nonsense")
            try await check(person, "This link is no longer good")
        }
    }

    @Test func thePagesOfAnOrganization() async throws {
        let server = try await Server.shared()
        try await Person.lend(at: server) { person in
            let organization = try await person.signUp(organization: Self.longName)
            try await person.browser.click(".switcher summary")
            try await check(person, Self.longName)
            try await membersPages(of: organization, person)
            try await keysPages(of: organization, person)
            try await person.open(organization + "/settings")
            try await check(person, "Settings")
            try await person.browser.follow("Delete…")
            try await check(person, "Delete \(Self.longName)")
            try await person.open(organization + "/audit-log")
            try await check(person, "Audit log")
            #expect(try await person.page.contains("invite.sent"))
            try await person.open(organization + "/audit-log?action=job.created")
            try await check(person, "Audit log")
        }
    }

    private func membersPages(of organization: String, _ person: Person) async throws {
        let guest = longAddress()
        try await person.open(organization + "/members")
        try await person.fill(("email", guest))
        try await person.press("Invite")
        try await check(person, "Members")
        try await person.browser.follow("Leave…")
        try await check(person, "Leave \(Self.longName)")
        try await person.press("Leave it")
        try await check(person, "Members")
        try await person.browser.follow(person.email)
        try await check(person, person.email)
        try await Person.lend(at: person.server, email: guest) { guest in
            try await guest.follow(mail: "You are invited to")
            try await check(guest, "You are invited to \(Self.longName)")
            try await guest.browser.follow("Sign in to answer")
            try await guest.askForLink(pressing: "Mail me a link")
            try await guest.follow(mail: Person.signInMail)
            try await guest.press("Sign in")
            try await check(guest, "Invites")
            try await guest.press("Accept")
        }
        try await person.open(organization + "/members")
        try await check(person, "Members")
        try await person.browser.follow(guest)
        try await check(person, guest)
        try await person.browser.follow("Remove…")
        try await check(person, "Remove \(guest)")
    }

    private func keysPages(of organization: String, _ person: Person) async throws {
        try await person.open(organization + "/keys")
        try await check(person, "API keys")
        try await person.fill(("name", Self.longName))
        try await person.press("Make a key")
        try await check(person, "This is your key")
        try await person.browser.follow("All keys")
        try await check(person, "API keys")
        try await person.browser.follow(Self.longName)
        try await check(person, Self.longName)
        try await person.browser.follow("Revoke…")
        try await check(person, "Revoke \(Self.longName)")
    }

    private func longAddress() -> String { "maximiliane-hortensia-von-und-zu-\(Person.newAddress())" }
}
