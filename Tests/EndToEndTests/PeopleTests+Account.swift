import JSON
import Postgres
import TestSupport
import Testing

/// What people do with their account.
extension PeopleTests {
    @Test func anAddressIsChangedAndTakenBack() async throws {
        let server = try await Server.shared()
        try await Person.lend(at: server) { person in
            _ = try await person.signUp()
            let other = Person(browser: person.browser, server: server, email: Person.newAddress())
            try await person.open("/account")
            try await person.fill(("email", other.email))
            try await person.press("Mail a link there")
            try await other.follow(mail: "Confirm your new address")
            #expect(try await person.heading == "Sign in as \(other.email) from now on")
            try await person.press("Confirm")
            #expect(try await person.page.contains("You sign in as \(other.email)."))

            try await person.follow(mail: "Your address was changed")
            #expect(try await person.heading == "Take the change back")
            // Who looks through mail presses buttons too.
            try await person.press("Take it back")
            #expect(try await person.page.contains("Fill this in."))
            try await person.fill(("email", person.email))
            try await person.press("Take it back")
            #expect(try await person.flash == "The change is taken back. Sign in with your old address.")
            try await person.signIn(number: 2)
            try await person.open("/account")
            #expect(try await person.page.contains("You sign in as \(person.email)."))
        }
    }

    @Test func anOrganizationIsDeletedAndBroughtBackAndTheAccountErased() async throws {
        let server = try await Server.shared()
        try await Person.lend(at: server) { person in
            let organization = try await person.signUp()
            try await delete(organization, person)
            #expect(try await person.path == "/account")
            try await person.open(organization)
            #expect(try await person.heading == "Not found")
            #expect(try await person.link(inMail: "Acme is deleted") == server.url + "/account")

            try await person.open("/account")
            try await person.press("Undo")
            #expect(try await person.path == organization)
            #expect(try await person.flash == "Acme is back, with all its jobs.")

            // Whoever leaves an organization without an owner is told what to do first.
            try await eraseAccount(person)
            #expect(try await person.browser.text(".complaints").contains("You are the last owner of Acme."))
            try await delete(organization, person)
            try await eraseAccount(person)
            #expect(try await person.path == "/")
            #expect(try await person.flash == "Your account is deleted.")
            try await person.open("/account")
            #expect(try await person.heading == "Sign in")
        }
    }

    func delete(_ organization: String, _ person: Person) async throws {
        try await person.open(organization + "/settings")
        try await person.browser.follow("Delete…")
        try await person.fill(("confirmation", "acme"))
        try await person.press("Delete it")
        #expect(try await person.browser.text(".error") == "This is not Acme.")
        try await person.fill(("confirmation", "Acme"))
        try await person.press("Delete it")
    }

    func eraseAccount(_ person: Person) async throws {
        try await person.open("/account")
        try await person.browser.follow("Delete account…")
        try await person.fill(("confirmation", person.email))
        try await person.press("Delete my account")
    }
}
