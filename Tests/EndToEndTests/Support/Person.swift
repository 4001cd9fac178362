import Foundation
import JSON
import Postgres
import TestSupport
import Testing

/// Somebody at a browser of her own, whose mail goes to the mailbox of development.
struct Person: Sendable {
    let browser: Browser
    let server: Server
    let email: String

    /// Lends somebody new, whose browser runs no scripts: everything is to work without. Afterwards nothing may have been complained of.
    static func lend<R: Sendable>(
        at server: Server, email: String = newAddress(), _ body: (Person) async throws -> R
    ) async throws -> R {
        try await Browser.lend(runsScripts: false) { browser in
            let result = try await body(Person(browser: browser, server: server, email: email))
            let complaints = try await browser.complaints().filter { !isOfItsAnswer($0) }
            #expect(complaints == [])
            return result
        }
    }

    static func newAddress() -> String { "someone-\(UUID().uuidString.lowercased().prefix(8))@example.com" }

    /// Chromium tells of every page that is answered with an error, and of what signing out had it clear.
    private static func isOfItsAnswer(_ complaint: String) -> Bool {
        complaint.contains("Failed to load resource: the server responded with a status of")
            || complaint.contains("Clear-Site-Data header")
    }

    var heading: String { get async throws { try await browser.text("h1") } }
    var flash: String { get async throws { try await browser.text(".flash") } }

    /// What is to be seen between header and footer.
    var page: String { get async throws { try await browser.text("main") } }

    /// The path that the address bar shows.
    var path: String { get async throws { String(try await browser.currentURL.dropFirst(server.url.count)) } }

    func open(_ path: String) async throws { try await browser.open(server.url + path) }

    func press(_ label: String) async throws { try await browser.press(label) }

    /// Types into fields by their names, in order.
    func fill(_ fields: (name: String, text: String)...) async throws {
        for (name, text) in fields { try await browser.type(text, into: "main [name=\(name)]") }
    }

    /// Chooses from a list.
    func choose(_ value: String, from name: String) async throws { try await browser.click("select[name=\(name)] option[value=\(value)]") }

    // MARK: - Mail

    /// Opens the mail of that subject, the `number`th that came, and answers where its button leads.
    func link(inMail subject: String, number: Int = 1) async throws -> String {
        var address: String?
        try await until("\(email) has no mail “\(subject)”") {
            try await open("/dev/mailbox")
            let mails = """
                return [...document.querySelectorAll('tbody tr')].filter(row => row.querySelector('td').textContent === '\(email)')
                    .map(row => row.querySelector('a')).filter(link => link.textContent.startsWith('\(subject)'))
                    .map(link => link.href).reverse()
                """
            let found = try await browser.executeScript(mails).array ?? []
            if found.count >= number { address = found[number - 1].string }
            return address != nil
        }
        try await browser.open(try #require(address))
        return try #require(try await browser.find("main table a").attribute("href"))
    }

    /// Opens the mail, and what its button leads to.
    func follow(mail subject: String, number: Int = 1) async throws {
        let link = try await link(inMail: subject, number: number)
        try await browser.open(link)
    }

    // MARK: - Signing in

    static let signInMail = "Sign in to Prikke"

    /// Signs up, and answers the new organization's path.
    func signUp(organization: String = "Acme") async throws -> String {
        try await open("/users/register")
        try await fill(("email", email), ("organization", organization))
        try await askForLink(pressing: "Sign up")
        try await follow(mail: Self.signInMail)
        try await press("Sign in")
        return try await path
    }

    /// Signs in again; `number` counts the links that were mailed.
    func signIn(number: Int) async throws {
        try await open("/users/log-in")
        try await fill(("email", email))
        try await askForLink(pressing: "Mail me a link")
        try await follow(mail: Self.signInMail, number: number)
        try await press("Sign in")
    }

    /// All tests ask from one network, which may not ask as often as they do.
    func askForLink(pressing label: String) async throws {
        try await server.database { database in
            _ = try await database.query(
                "DELETE FROM rate_counts WHERE subject = sha256(convert_to('links from network 127.0.0.1', 'UTF8'))")
        }
        try await press(label)
        #expect(try await heading == "Check your mailbox")
    }
}
