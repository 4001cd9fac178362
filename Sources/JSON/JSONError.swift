/// Why a text is not JSON that we take. It holds nothing of the text itself.
public struct JSONError: Error, Sendable, Equatable {
    /// One of `invalid_json`, `too_deep`, `duplicate_key`, `nul_character`, `number_out_of_range`, `trailing_bytes`,
    /// `invalid_utf8`. These do not change.
    public let code: String

    /// A sentence for whoever sent it: what is wrong, where, and what to do.
    public let detail: String

    /// The byte at which it was found, counted from 0.
    public let offset: Int

    init(_ code: Code, _ detail: String, at offset: Int) {
        self.code = code.rawValue
        self.detail = "\(detail) (byte \(offset))"
        self.offset = offset
    }

    enum Code: String {
        case invalidJSON = "invalid_json"
        case tooDeep = "too_deep"
        case duplicateKey = "duplicate_key"
        case nulCharacter = "nul_character"
        case numberOutOfRange = "number_out_of_range"
        case trailingBytes = "trailing_bytes"
        case invalidUTF8 = "invalid_utf8"
    }
}
