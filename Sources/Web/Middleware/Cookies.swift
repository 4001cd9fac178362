import HTTPTypes
import Hummingbird

/// The cookies that we set.
enum CookieName: String, CaseIterable, Sendable {
    /// Who is signed in.
    case session
    /// Which browser this is, of somebody who is not.
    case browser
    /// What the next page says once.
    case flash
    /// Light or dark.
    case theme
    /// The slug of the organization that was looked at last.
    case organization

    /// Over TLS, a name that the browser takes from nobody but this host, so that no neighbour's page can set it (RFC 6265bis
    /// §4.1.3.2). Without, such a name is refused.
    func name(isSecure: Bool) -> String { (isSecure ? "__Host-" : "prikke_") + rawValue }
}

/// The cookies that came with a request (RFC 6265 §4.2.1). Others on the same host may set what they like, so what is not to
/// be read makes nothing else unreadable; a name that comes twice has no value, for nobody can say whose is whose.
struct Cookies: Sendable {
    private let isSecure: Bool
    private var values: [String: String] = [:]

    init(_ headers: HTTPFields, isSecure: Bool) {
        self.isSecure = isSecure
        var seen: Set<String> = []
        for pair in headers[values: .cookie].flatMap({ $0.split(separator: ";") }) {
            let pair = pair.trimmingSpaces
            let name = pair.prefix { $0 != "=" }
            guard name.utf8.count < pair.utf8.count else { continue }
            let value = pair.dropFirst(name.count + 1)
            let isNew = seen.insert(String(name)).inserted
            values[String(name)] = isNew && value.utf8.allSatisfy(Self.mayStandInValue) ? PercentEncoding.decode(value) : nil
        }
    }

    init(_ request: Request, for client: Client) { self.init(request.headers, isSecure: client.isSecure) }

    /// Nil: it did not come, came twice, is empty, or holds what no cookie of ours does.
    subscript(name: CookieName) -> String? {
        let value = values[name.name(isSecure: isSecure)]
        return value?.isEmpty == false ? value : nil
    }

    /// RFC 6265 §4.1.1, cookie-octet.
    static func mayStandInValue(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x2B, 0x2D...0x3A, 0x3C...0x5B, 0x5D...0x7E: true
        default: false
        }
    }
}

/// A cookie to be set: for this host alone, out of reach of scripts, not sent with requests that other sites make but for
/// plain links.
struct SetCookie: Sendable {
    let name: CookieName
    /// Any text; what no cookie can hold is percent-encoded, and decoded again by `Cookies`.
    let value: String
    /// Nil: till the browser is closed; in whole seconds.
    let maxAge: Duration?

    init(_ name: CookieName, _ value: String, maxAge: Duration? = nil) { (self.name, self.value, self.maxAge) = (name, value, maxAge) }

    /// Takes the cookie away.
    static func removal(of name: CookieName) -> SetCookie { SetCookie(name, "", maxAge: .zero) }

    func header(isSecure: Bool) -> String {
        var parts = ["\(name.name(isSecure: isSecure))=\(PercentEncoding.encode(value))", "Path=/"]
        if let maxAge { parts.append("Max-Age=\(maxAge.components.seconds)") }
        parts += ["HttpOnly", "SameSite=Lax"] + (isSecure ? ["Secure"] : [])
        return parts.joined(separator: "; ")
    }
}

extension Response {
    /// Sets a cookie, beside those that are set already.
    mutating func set(_ cookie: SetCookie, for client: Client) {
        headers.append(HTTPField(name: .setCookie, value: cookie.header(isSecure: client.isSecure)))
    }
}
