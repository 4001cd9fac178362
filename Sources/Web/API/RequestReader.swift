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

    /// The body with its defaults; null where the operation takes none. And as it came. Throws `Problem`, `JSONError`, `InvalidInput`.
    func body(_ body: Operation.Body) async throws -> (json: JSON, bytes: [UInt8]) {
        guard let shape = body.shape else { return (.null, []) }
        let reader = BodyReader(request: request, channel: channel)
        if reader.hasNoBody, body.mayBeEmpty { return (try shape.validate([:]), []) }
        try reader.checkLength(upTo: body.largest)
        if !reader.hasNoBody, !reader.isPlain("application/json") { throw Problem.jsonNeeded }
        let bytes = try await reader.bytes(upTo: body.largest)
        if bytes.isEmpty, body.mayBeEmpty { return (try shape.validate([:]), []) }
        return (try shape.validate(try JSON(parsing: bytes), partial: body.isPartial), bytes)
    }
}

extension StringProtocol {
    /// Without the spaces and tabs at both ends.
    var trimmingSpaces: String {
        let isText = { (byte: UInt8) in byte != UInt8(ascii: " ") && byte != UInt8(ascii: "\t") }
        let text = Substring(self)
        guard let first = text.utf8.firstIndex(where: isText), let last = text.utf8.lastIndex(where: isText) else { return "" }
        return String(text[first...last])
    }
}
