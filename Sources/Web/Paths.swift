/// Every path that we link to or answer at, outside the API's own declarations. Templates and handlers never spell one.
enum Paths {
    static let landing = "/"
    static let status = "/status"
    static let demo = "/demo"
    /// What the demo organization's jobs call.
    static let demoReceiver = "/demo/{behaviour}"
    /// The mails of development, one of them, and its HTML part.
    static let mailbox = "/dev/mailbox"
    static let mail = "/dev/mailbox/{mail}"
    static let mailHTML = "/dev/mailbox/{mail}/html"
    static let health = "/health"
    static let liveness = "/livez"
    static let metrics = "/metrics"
    static let asset = "/assets/{name}"

    /// The version makes the address new when the content is, so that a browser may keep it for ever.
    static func asset(_ name: String, version: String) -> String { "/assets/\(name)?v=\(version)" }

    static func mail(_ id: String) -> String { "/dev/mailbox/\(id)" }

    static func mailHTML(_ id: String) -> String { "/dev/mailbox/\(id)/html" }

    /// Where an error's code is explained.
    static func errorPage(_ code: String) -> String { "/docs/errors/\(code)" }

    /// Whether whoever asks for this path is a program, which reads problem+json and no page.
    static func isForPrograms(_ path: String) -> Bool {
        [health, liveness, metrics].contains(path) || ["/api", "/webhooks", "/ping"].contains { path == $0 || path.hasPrefix($0 + "/") }
    }
}
