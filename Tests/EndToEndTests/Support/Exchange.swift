import JSON

/// A request as it goes over the wire.
struct Call {
    var method = "GET"
    var path: String
    var key: String?
    var headers: [(name: String, value: String)] = []
    var body: [UInt8]?
    var type = "application/json"

    var bytes: [UInt8] {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1", "Connection: close"] + headers.map { "\($0.name): \($0.value)" }
        if let key { lines.append("Authorization: Bearer \(key)") }
        if let body { lines += ["Content-Type: \(type)", "Content-Length: \(body.count)"] }
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8) + (body ?? [])
    }
}

/// What came back; status 0 where nothing did.
struct Answer: Sendable {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let text: String

    init(_ bytes: [UInt8]) {
        let gap = bytes.firstRange(of: Array("\r\n\r\n".utf8)) ?? bytes.endIndex..<bytes.endIndex
        let lines = String(decoding: bytes[..<gap.lowerBound], as: UTF8.self).split(separator: "\r\n")
        status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let pairs = lines.dropFirst().map { line in
            let name = line.prefix { $0 != ":" }
            return (name.lowercased(), String(line.dropFirst(name.count + 1).drop { $0 == " " }))
        }
        headers = Dictionary(pairs) { "\($0), \($1)" }
        text = String(decoding: bytes[gap.upperBound...], as: UTF8.self)
    }

    /// The body; null where it is no JSON.
    var json: JSON { (try? JSON(parsing: Array(text.utf8))) ?? .null }
    var code: String { json["code"]?.string ?? "" }
    var pointers: [String] { (json["errors"]?.array ?? []).compactMap { $0["pointer"]?.string } }

    /// Everything of it but what names the request and the second.
    var withoutID: [String: String] {
        var members = json.object ?? [:]
        members["request_id"] = nil
        let rest = headers.filter { !["x-request-id", "date"].contains($0.key) }
        return rest.merging(["status": "\(status)", "body": String(decoding: JSON.object(members).bytes(), as: UTF8.self)]) { $1 }
    }
}

extension Server {
    /// One request on a connection of its own.
    func send(_ call: Call) async -> Answer { Answer(await Wire.exchange(call.bytes, port: port)) }
}
