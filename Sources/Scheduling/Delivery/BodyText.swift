import Secrets

/// A body of any bytes for JSON: as it is where it is text, else in base64.
enum BodyText {
    /// A text that was cut within a character loses that character's beginning. A NUL makes it base64: JSON could hold one,
    /// but neither Postgres' jsonb nor most readers could.
    static func of(_ body: [UInt8], isCut: Bool = false) -> (text: String, encoding: String) {
        guard !body.contains(0) else { return (Base64.encode(body), "base64") }
        for missing in 0...(isCut ? 3 : 0) {
            if let text = String(validating: body.dropLast(missing), as: UTF8.self) { return (text, "text") }
        }
        return (Base64.encode(body), "base64")
    }
}
