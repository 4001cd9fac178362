import JSON

/// Something on a page of a browser.
struct Element: Sendable {
    let browser: Browser
    let id: String

    /// Clicks in its middle, and waits for the page that may come of it.
    func click() async throws { try await browser.ask("POST", "/element/\(id)/click", [:]) }

    /// Types what is to stand in it, in place of what does.
    func type(_ text: String) async throws {
        try await browser.ask("POST", "/element/\(id)/clear", [:])
        try await browser.ask("POST", "/element/\(id)/value", ["text": .string(text)])
    }

    var text: String { get async throws { try await browser.ask("GET", "/element/\(id)/text").string ?? "" } }

    /// What the page's source says of it; nil where it says nothing.
    func attribute(_ name: String) async throws -> String? { try await browser.ask("GET", "/element/\(id)/attribute/\(name)").string }
}
