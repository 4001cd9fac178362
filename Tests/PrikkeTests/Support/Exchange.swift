import Foundation
import JSON
import Tenancy

/// A request as it goes over the wire.
struct Call: Sendable {
    var method = "GET"
    /// The target of the request line.
    var path: String
    var host = "prikke.test"
    var headers: [String] = []
    var body: String?
    var type = "application/x-www-form-urlencoded"

    var text: String {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)", "Connection: close"] + headers
        if let body { lines += ["Content-Type: \(type)", "Content-Length: \(body.utf8.count)"] }
        return (lines + ["", body ?? ""]).joined(separator: "\r\n")
    }
}

/// What came back; status 0 where nothing did.
struct Answer: Sendable {
    let status: Int
    /// Names in lower case, in order; cookies are several.
    let fields: [(name: String, value: String)]
    let text: String

    init(_ bytes: [UInt8]) {
        let gap = bytes.firstRange(of: Array("\r\n\r\n".utf8)) ?? bytes.endIndex..<bytes.endIndex
        let lines = String(decoding: bytes[..<gap.lowerBound], as: UTF8.self).split(separator: "\r\n")
        status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        fields = lines.dropFirst().map { line in
            let name = line.prefix { $0 != ":" }
            return (name.lowercased(), String(line.dropFirst(name.count + 1).drop { $0 == " " }))
        }
        let isChunked = fields.contains { $0.name == "transfer-encoding" && $0.value == "chunked" }
        text = String(decoding: isChunked ? Self.unchunked(bytes[gap.upperBound...]) : Array(bytes[gap.upperBound...]), as: UTF8.self)
    }

    private static func unchunked(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var (rest, whole) = (bytes, [UInt8]())
        while let end = rest.firstRange(of: Array("\r\n".utf8)) {
            let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16) ?? 0
            guard size > 0 else { break }
            whole += rest[end.upperBound...].prefix(size)
            rest = rest[end.upperBound...].dropFirst(size + 2)
        }
        return whole
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
    var location: String { self["location"] ?? "" }
    /// The body; null where it is no JSON.
    var json: JSON { (try? JSON(parsing: Array(text.utf8))) ?? .null }
    var code: String { json["code"]?.string ?? "" }

    /// The value of a cookie that it sets; nil: it sets none of that name.
    func cookie(_ name: String) -> String? {
        fields.first { $0.name == "set-cookie" && $0.value.hasPrefix("__Host-\(name)=") }
            .map { String($0.value.dropFirst("__Host-\(name)=".count).prefix { $0 != ";" }) }
    }

    /// All of it but what names the request and the second, and what it repeats of the request: the value that stood in the path, also
    /// within the way back that each page's theme switch has, and what follows from its length.
    func comparable(besides value: String) -> [String] {
        // One that is shorter stands in texts of ours as well.
        let value = value.utf8.count > 3 ? value : "no value"
        let left = text.replacing(value, with: "…").replacing(/req_[0-9a-f]{16}/, with: "…")
            .replacing(/name="return_to" value="[^"]*"/, with: "")
        let rest = fields.filter { !["x-request-id", "date", "content-length"].contains($0.name) }
        return ["\(status)"] + rest.map { "\($0.name): \($0.value.replacing(value, with: "…"))" }.sorted() + [left]
    }
}

/// Who sends requests: a browser with its cookies, a program with a key, or nobody.
struct Caller: Sendable {
    let name: String
    /// The value of the session cookie.
    var session: String?
    /// The value of the browser cookie.
    var browser = Token().text
    /// An API key.
    var key: String?

    /// What a form of this caller's carries.
    var formToken: String { FormToken.make(for: session ?? browser) }

    var cookies: [String] { (session.map { ["__Host-session=\($0)"] } ?? []) + ["__Host-browser=\(browser)"] }

    /// The request as this caller sends it: a page's for a person, the API's for a program.
    func call(
        _ method: String, _ path: String, _ fields: [(String, String)] = [], json: String? = nil, headers: [String] = [],
        token: String? = nil
    ) -> Call {
        var call = Call(method: method, path: path, headers: headers)
        if let key {
            call.headers.append("Authorization: Bearer \(key)")
        } else {
            call.headers.append("Cookie: \(cookies.joined(separator: "; "))")
        }
        if path.hasPrefix("/api/") {
            call.body = json
            call.type = "application/json"
        } else {
            call.headers.append("Accept: text/html")
            let pairs = [("_token", token ?? formToken)] + fields
            if method == "POST" { call.body = pairs.map { "\($0.0.formEncoded)=\($0.1.formEncoded)" }.joined(separator: "&") }
        }
        return call
    }
}

extension String {
    /// As a form, or a query, writes it.
    var formEncoded: String { addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" }
}
