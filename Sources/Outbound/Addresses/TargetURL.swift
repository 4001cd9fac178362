/// A URL that was read once, strictly by RFC 3986, and is called by its parts: nothing behind this type reads the text
/// again in a way of its own (as CVE-2026-46526 and CVE-2026-47076 were). Being a `TargetURL` says that it is well formed;
/// whether it may be called is for `AddressPolicy`.
public struct TargetURL: Sendable, Hashable {
    /// Whether TLS is spoken.
    public enum Scheme: String, Sendable { case http, https }

    /// What stands for the machine to be called.
    public enum Host: Sendable, Hashable {
        /// Lower case, without a final dot.
        case name(String)
        case address(IPAddress)
    }

    /// Written in either case.
    public let scheme: Scheme
    /// A name or an address, never a name that looks like an address.
    public let host: Host
    /// The port written, else 80 or 443.
    public let port: UInt16
    /// Path and query as they were written, byte for byte; `/` for an empty path. Without the fragment, which is not sent.
    public let target: String
    /// The URL put together from the parts: what is called, and what should be stored and shown.
    public let text: String

    /// The host as it stands in a URL: `example.com`, `192.0.2.1`, `[2001:db8::1]`.
    public var hostText: String { Self.text(of: host) }

    init(scheme: Scheme, host: Host, port: UInt16, target: String) {
        (self.scheme, self.host, self.port, self.target) = (scheme, host, port, target)
        let authority = Self.text(of: host) + (port == scheme.port ? "" : ":\(port)")
        text = "\(scheme.rawValue)://\(authority)\(target)"
    }

    private static func text(of host: Host) -> String {
        switch host {
        case .name(let name): name
        case .address(let address): address.isIPv6 ? "[\(address)]" : "\(address)"
        }
    }

    /// Whether credentials meant for one of them may go to the other (RFC 6454).
    func hasSameOrigin(as other: TargetURL) -> Bool { scheme == other.scheme && host == other.host && port == other.port }

    /// Target without the query.
    var path: Substring { target.prefix { $0 != "?" } }
}

extension TargetURL.Scheme {
    var port: UInt16 { self == .http ? 80 : 443 }
}
