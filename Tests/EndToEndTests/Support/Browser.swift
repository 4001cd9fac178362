import Foundation
import JSON
import TestSupport

/// A headless Chromium with a profile of its own, driven as the W3C's WebDriver says: two of them are two people.
struct Browser: Sendable {
    /// What the driver refused, in its words.
    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    private let port: UInt16
    private let session: String

    /// Lends a browser, and ends it and deletes its profile afterwards. `runsScripts`: whether pages may run scripts; what a test
    /// runs itself always may.
    static func lend<R: Sendable>(runsScripts: Bool = true, _ body: (Browser) async throws -> R) async throws -> R {
        try await Folder.lend { folder in
            let port = try freePort()
            let driver = try Child("/usr/bin/chromedriver", ["--port=\(port)"], Program.environment(["TMPDIR": folder]))
            let result: Result<R, any Error>
            do { result = .success(try await run(port, folder, runsScripts, driver, body)) } catch { result = .failure(error) }
            driver.signal(SIGTERM)
            _ = await driver.end()
            return try result.get()
        }
    }

    private static func run<R: Sendable>(
        _ port: UInt16, _ folder: String, _ runsScripts: Bool, _ driver: Child, _ body: (Browser) async throws -> R
    ) async throws -> R {
        guard await driver.output.line(containing: "started successfully") != nil else {
            throw Refused(description: "chromedriver did not start: \(driver.errors.text)")
        }
        let answer = try await ask(port, "POST", "/session", capabilities(profile: folder + "/profile", runsScripts))
        guard let session = answer["sessionId"]?.string else { throw Refused(description: "no session: \(answer)") }
        let browser = Browser(port: port, session: session)
        let result: Result<R, any Error>
        do { result = .success(try await body(browser)) } catch { result = .failure(error) }
        _ = try? await ask(port, "DELETE", "/session/\(session)", nil)
        return try result.get()
    }

    private static func capabilities(profile: String, _ runsScripts: Bool) -> JSON {
        let arguments = [
            "--headless=new", "--user-data-dir=\(profile)", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1280,900",
        ]
        // Chromium refuses to run as root in its sandbox.
        let root = getuid() == 0 ? ["--no-sandbox"] : []
        return [
            "capabilities": [
                "alwaysMatch": [
                    "browserName": "chrome",
                    "goog:loggingPrefs": ["browser": "ALL"],
                    "goog:chromeOptions": [
                        "binary": "/usr/bin/chromium", "args": .array((arguments + root).map(JSON.string)),
                        "prefs": ["profile.managed_default_content_settings.javascript": .integer(runsScripts ? 1 : 2)],
                    ],
                ]
            ]
        ]
    }
}

extension Browser {
    /// Goes to an address and waits until the page is loaded.
    func open(_ url: String) async throws { try await ask("POST", "/url", ["url": .string(url)]) }

    var currentURL: String { get async throws { try await ask("GET", "/url").string ?? "" } }
    var title: String { get async throws { try await ask("GET", "/title").string ?? "" } }
    var source: String { get async throws { try await ask("GET", "/source").string ?? "" } }

    /// The first element that a selector of CSS finds; waits for one to come.
    func find(_ css: String) async throws -> Element { try await first(css, by: "css selector") }

    /// The first that an XPath finds; waits for one to come.
    func find(xpath: String) async throws -> Element { try await first(xpath, by: "xpath") }

    /// Whether there is such an element now.
    func has(_ css: String) async throws -> Bool { try await !all(css, by: "css selector").isEmpty }

    func click(_ css: String) async throws { try await find(css).click() }

    /// Types into a field what is to stand in it.
    func type(_ text: String, into css: String) async throws { try await find(css).type(text) }

    /// Presses keys one after the other, wherever the cursor is; those without a character are written as WebDriver has them (U+E004 is the
    /// tabulator).
    func type(keys: String) async throws {
        let strokes = keys.map(String.init).flatMap { key -> [JSON] in
            [["type": "keyDown", "value": .string(key)], ["type": "keyUp", "value": .string(key)]]
        }
        try await ask("POST", "/actions", ["actions": [["type": "key", "id": "keyboard", "actions": .array(strokes)]]])
    }

    /// Presses the first button of the page's own that begins with these words, which hold no `"`, and waits for what comes of it.
    func press(_ label: String) async throws {
        try await leave(by: find(xpath: "//main//button[starts-with(normalize-space(), \"\(label)\")]"))
    }

    /// Follows the first link of the page's own with these words, which hold no `"`, and waits for where it leads.
    func follow(_ label: String) async throws { try await leave(by: find(xpath: "//main//a[normalize-space() = \"\(label)\"]")) }

    /// Clicks what leads to another page, and waits until that is there: on a busy machine a click is over before.
    func leave(by element: Element) async throws {
        let page = "return [performance.timeOrigin, document.readyState === 'complete']"
        let before = try await executeScript(page).array?.first
        try await element.click()
        try await until("no other page came") {
            // Between two pages there is none to be asked.
            let now = try? await executeScript(page).array
            return now?.last == true && now?.first != before
        }
    }

    /// Presses keys, one after the other, wherever the focus is: U+E004 is Tab, U+E007 is Enter (WebDriver, "keyboard actions").
    func press(keys: String) async throws {
        let strokes = keys.unicodeScalars.flatMap { key -> [JSON] in
            ["keyDown", "keyUp"].map { ["type": .string($0), "value": .string(String(key))] }
        }
        try await ask("POST", "/actions", ["actions": [["type": "key", "id": "keyboard", "actions": .array(strokes)]]])
    }

    /// What is to be seen of the first such element.
    func text(_ css: String) async throws -> String {
        while true {
            do {
                return try await find(css).text
            } catch let refused as Refused where refused.description.contains("stale element reference") {
                // A live page has put another in its place between the two questions.
                continue
            }
        }
    }

    /// The cookies that the page's address gets, by name.
    var cookies: [String: String] {
        get async throws {
            let list = try await ask("GET", "/cookie").array ?? []
            let pairs = list.map { ($0["name"]?.string ?? "", $0["value"]?.string ?? "") }
            return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Runs this before every page's own scripts.
    func before(eachPage script: String) async throws {
        let params: JSON = ["source": .string(script)]
        try await ask("POST", "/goog/cdp/execute", ["cmd": "Page.addScriptToEvaluateOnNewDocument", "params": params])
    }

    /// The tab that is seen.
    var tab: String { get async throws { try await ask("GET", "/window").string ?? "" } }

    /// Opens another and looks at it.
    func openTab() async throws { try await show(ask("POST", "/window/new", ["type": "tab"])["handle"]?.string ?? "") }

    func show(_ tab: String) async throws { try await ask("POST", "/window", ["handle": .string(tab)]) }

    /// Gives the page's address a cookie.
    func keep(_ name: String, _ value: String) async throws {
        try await ask("POST", "/cookie", ["cookie": ["name": .string(name), "value": .string(value), "path": "/"]])
    }

    /// What the script's `return` gives.
    @discardableResult
    func executeScript(_ script: String) async throws -> JSON {
        try await ask("POST", "/execute/sync", ["script": .string(script), "args": []])
    }

    /// Shows pages in this size, also one narrower than any window of Chromium's.
    func setWindow(width: Int, height: Int) async throws {
        let size: JSON = [
            "width": .integer(Int64(width)), "height": .integer(Int64(height)), "deviceScaleFactor": 1, "mobile": false,
        ]
        try await ask("POST", "/goog/cdp/execute", ["cmd": "Emulation.setDeviceMetricsOverride", "params": size])
    }

    /// Shows pages as to somebody whose system is set to light or dark.
    func setScheme(_ scheme: String) async throws {
        let params: JSON = ["features": [["name": "prefers-color-scheme", "value": .string(scheme)]]]
        try await ask("POST", "/goog/cdp/execute", ["cmd": "Emulation.setEmulatedMedia", "params": params])
    }

    /// Writes what is to be seen as a PNG.
    func screenshot(to path: String) async throws {
        let text = try await ask("GET", "/screenshot").string ?? ""
        guard let data = Data(base64Encoded: text) else { throw Refused(description: "no picture") }
        try data.write(to: URL(fileURLWithPath: path))
    }

    /// What the console has said since it was last asked: what a Content-Security-Policy kept from happening, for one.
    func complaints() async throws -> [String] {
        let entries = try await ask("POST", "/se/log", ["type": "browser"])
        return (entries.array ?? []).compactMap { $0["message"]?.string }
    }

    private func first(_ selector: String, by strategy: String) async throws -> Element {
        var found: String?
        do {
            try await until("") {
                found = try await all(selector, by: strategy).first
                return found != nil
            }
        } catch is NeverHappened {
            throw Refused(description: "\(selector) is not on \(try await currentURL): \(try await text("body").prefix(1_000))")
        }
        return Element(browser: self, id: found ?? "")
    }

    private func all(_ selector: String, by strategy: String) async throws -> [String] {
        let found = try await ask("POST", "/elements", ["using": .string(strategy), "value": .string(selector)])
        // What WebDriver calls an element's reference.
        return (found.array ?? []).compactMap { $0["element-6066-11e4-a52e-4f735466cecf"]?.string }
    }

    @discardableResult
    func ask(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
        try await Self.ask(port, method, "/session/\(session)\(path)", body)
    }

    private static func ask(_ port: UInt16, _ method: String, _ path: String, _ body: JSON?) async throws -> JSON {
        let call = Call(method: method, path: path, body: body?.bytes())
        // The driver says that it closes the connection, and does not. On two busy cores a browser may take a minute to come up.
        let answer = Answer(await Wire.exchange(call.bytes, port: port, patience: 180, until: isWhole))
        guard answer.status == 200 else { throw Refused(description: "\(method) \(path): \(answer.status) \(answer.text.prefix(500))") }
        return answer.json["value"] ?? .null
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        guard let gap = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return false }
        let length = Answer(Array(bytes[..<gap.upperBound])).headers["content-length"].flatMap { Int($0) } ?? 0
        return bytes.count - gap.upperBound >= length
    }
}
