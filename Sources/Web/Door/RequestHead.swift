import NIOCore

/// What the head of a request says about the message and the connection, read more strictly than the decoder behind us does.
///
/// Two readers of one request that disagree about its end, its host or its method are how requests are smuggled (RFC 9112
/// §11.2): whatever could be read in two ways is refused here.
struct RequestHead {
    /// How the end of the body is found (RFC 9112 §6.3).
    enum Body: Equatable {
        case none
        case length(Int)
        case chunked
    }

    /// Bytes of method, target and version together.
    static let longestRequestLine = 8_192

    /// The methods that reach a route, or are told there which ones would.
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]

    private var fields = FieldLines()
    private var hosts: [String] = []
    private var lengths: [String] = []
    private var encodings: [String] = []
    private var expectations: [String] = []
    private var authority: String?
    private var isOld = false
    private var connectionOptions: Set<String> = []
    private(set) var asksForUpgrade = false

    /// Whether the client waits for `100 Continue` before it sends the body.
    private(set) var waitsForContinue = false

    /// An HTTP/1.0 client that asked for the connection to be kept wants to be told that it is.
    var wantsKeptConnectionConfirmed: Bool { isOld && keepsConnection }

    /// Whether another request may follow on the connection.
    var keepsConnection: Bool {
        // The decoder reads nothing more after a request to upgrade, which we never do.
        guard !asksForUpgrade, !connectionOptions.contains("close") else { return false }
        return !isOld || connectionOptions.contains("keep-alive")
    }

    /// RFC 9112 §3.
    mutating func readRequestLine(_ line: ByteBufferView) throws(Problem) {
        let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(FieldLines.isToken) else {
            throw .malformed("This is not HTTP/1.1: a request begins with its method, its target and HTTP/1.1.")
        }
        switch String(decoding: parts[2], as: UTF8.self) {
        case "HTTP/1.1": break
        case "HTTP/1.0": isOld = true
        default: throw .malformed("Prikke speaks HTTP/1.1.")
        }
        let method = String(decoding: parts[0], as: UTF8.self)
        guard Self.methods.contains(method) else { throw .methodNotImplemented }
        try readTarget(String(decoding: parts[1], as: UTF8.self), method: method)
    }

    /// RFC 9112 §3.2: a path, a whole address as to a proxy, or `*`.
    private mutating func readTarget(_ target: String, method: String) throws(Problem) {
        guard !target.isEmpty, target.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
            throw .malformed("The target has a character that must be percent-encoded.")
        }
        if target.hasPrefix("/") || (target == "*" && method == "OPTIONS") { return }
        let scheme = ["http://", "https://"].first { target.lowercased().hasPrefix($0) }
        guard let scheme else { throw .malformed("The target is neither a path nor an http address.") }
        authority = String(target.dropFirst(scheme.utf8.count).prefix { $0 != "/" && $0 != "?" })
    }

    mutating func readField(_ line: ByteBufferView) throws(Problem) {
        let field = try fields.read(line)
        switch field.name {
        case "host": hosts.append(field.value)
        case "content-length": lengths.append(field.value)
        case "transfer-encoding": encodings.append(field.value)
        case "expect": expectations.append(field.value)
        case "upgrade": asksForUpgrade = true
        case "connection": connectionOptions.formUnion(field.value.lowercased().split(separator: ",").map(\.trimmingSpaces))
        default: break
        }
    }

    /// After the last field: how the body is found. Throws where the fields do not agree.
    mutating func finish() throws(Problem) -> Body {
        try checkHost()
        let body = try body()
        guard expectations.allSatisfy({ $0.lowercased() == "100-continue" }) else { throw .expectationFailed }
        // RFC 9110 §10.1.1: from an HTTP/1.0 client, it is ignored.
        waitsForContinue = !expectations.isEmpty && !isOld && body != .none
        return body
    }

    /// RFC 9112 §3.2. Probes of load balancers speak HTTP/1.0, and may have no host; we never use it.
    private func checkHost() throws(Problem) {
        guard hosts.count == 1 || (hosts.isEmpty && isOld) else {
            throw .malformed(hosts.isEmpty ? "Send the header Host." : "There is more than one Host header; send one.")
        }
        guard hosts.allSatisfy(HostField.isGood) else {
            throw .malformed("The Host header is no host name or address, with or without a port.")
        }
        guard let authority else { return }
        guard HostField.isGood(authority), hosts.allSatisfy({ $0.lowercased() == authority.lowercased() }) else {
            throw .malformed("The target names another host than the Host header does.")
        }
    }

    private func body() throws(Problem) -> Body {
        guard encodings.isEmpty || lengths.isEmpty else { throw .malformed("Send Content-Length or Transfer-Encoding, not both.") }
        if !encodings.isEmpty {
            guard encodings.count == 1, encodings[0].lowercased() == "chunked", !isOld else {
                throw .malformed("Transfer-Encoding may be chunked only, once, and in HTTP/1.1.")
            }
            return .chunked
        }
        guard let text = lengths.first else { return .none }
        // 18 digits: any length that somebody could mean, and no Int too small for it.
        let isNumber = (1...18).contains(text.utf8.count) && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard lengths.count == 1, isNumber, let length = Int(text) else {
            throw .malformed("Content-Length is one number, of digits only, and stands there once.")
        }
        return length == 0 ? .none : .length(length)
    }
}
