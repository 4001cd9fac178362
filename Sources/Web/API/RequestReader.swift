import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// Reads what a request says, strictly, and holds it against its declaration.
struct RequestReader {
    let request: Request
    let channel: any Channel

    /// The query as an object with its defaults. Throws `InvalidInput`.
    func query(_ shape: Shape, fields: [Field]) throws -> JSONObject {
        var members = JSONObject()
        for (name, text) in try QueryString.parse(request.uri.query ?? "") {
            guard members[name] == nil else {
                throw InvalidInput(pointer: "/\(name)", code: "not_allowed", detail: "This parameter comes twice; send it once.")
            }
            members[name] = fields.first { $0.name == name }?.shape.value(fromText: text) ?? .string(text)
        }
        return try shape.validate(.object(members)).object ?? [:]
    }

    /// The body with its defaults; null where the operation takes none. Throws `Problem`, `JSONError`, `InvalidInput`.
    func body(_ body: Operation.Body) async throws -> JSON {
        guard let shape = body.shape else { return .null }
        if hasNoBody, body.mayBeEmpty { return try shape.validate([:]) }
        if let length = request.headers[.contentLength].flatMap(Int.init), length > body.largest {
            throw Problem.contentTooLarge(limit: body.largest)
        }
        if !hasNoBody { try checkMediaType() }
        // From here on the body is wanted; whoever waits for `100 Continue` is told so.
        if request.headers.contains(.expect) { channel.triggerUserOutboundEvent(BodyIsWanted(), promise: nil) }
        let bytes = try await collect(upTo: body.largest)
        if bytes.isEmpty, body.mayBeEmpty { return try shape.validate([:]) }
        return try shape.validate(try JSON(parsing: bytes), partial: body.isPartial)
    }

    private var hasNoBody: Bool {
        request.headers[.transferEncoding] == nil && (request.headers[.contentLength] ?? "0") == "0"
    }

    private func checkMediaType() throws(Problem) {
        let encodings = request.headers[values: .contentEncoding].filter { $0.lowercased() != "identity" }
        guard encodings.isEmpty else { throw .unsupportedMediaType("Send the body as it is, not compressed.") }
        let parts = request.headers[values: .contentType].joined(separator: ",").split(separator: ";")
            .map { $0.trimmingSpaces.lowercased() }
        let charsets = parts.dropFirst().filter { $0.hasPrefix("charset=") }
        guard parts.first == "application/json", charsets.allSatisfy({ ["charset=utf-8", "charset=\"utf-8\""].contains($0) }) else {
            throw .unsupportedMediaType("Send JSON in UTF-8, with Content-Type: application/json.")
        }
    }

    private func collect(upTo largest: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        var parts = request.body.makeAsyncIterator()
        while let part = try await next(&parts) {
            guard bytes.count + part.readableBytes <= largest else { throw Problem.contentTooLarge(limit: largest) }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }

    /// A client that goes away in the middle is his affair, and no error of ours to be logged.
    private func next(_ parts: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await parts.next()
        } catch let error as IOError {
            throw Problem.malformed("The connection broke off (error \(error.errnoCode)).")
        }
    }
}

extension StringProtocol {
    /// Without the spaces and tabs at both ends.
    var trimmingSpaces: String {
        let isSpace = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" }
        let start = unicodeScalars.drop(while: isSpace)
        return String(String.UnicodeScalarView(start.reversed().drop(while: isSpace).reversed()))
    }
}
