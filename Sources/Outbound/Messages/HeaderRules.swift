/// What a header of HTTP may be made of. Which names a tenant may set at all is his caller's affair.
public enum HeaderRules {
    /// Why a header is refused.
    public enum Refusal: String, Error, Sendable {
        /// The name is empty or holds more than letters, digits and ``!#$%&'*+-.^_`|~``.
        case name = "header_name"
        /// The value holds a control character, or begins or ends with a blank.
        case value = "header_value"
        /// The client alone decides how a message is framed and where it ends.
        case framing = "header_framing"
    }

    /// What is wrong with a header of this name and value, if anything: the name is a token (RFC 9110 §5.6.2), the value has
    /// no control character but the tab (§5.5), and it is not one that frames the message.
    public static func refusal(name: String, value: String) -> Refusal? {
        let isToken = !name.isEmpty && name.utf8.allSatisfy { token[Int($0)] }
        guard isToken else { return .name }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }), !hasOuterBlank(value.utf8) else { return .value }
        return framing.contains { ASCII.equalIgnoringCase(name, $0) } ? .framing : nil
    }

    private static func hasOuterBlank(_ value: String.UTF8View) -> Bool {
        [value.first, value.last].contains(0x20) || [value.first, value.last].contains(0x09)
    }

    private static let token: [Bool] = {
        let characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"
        return (0..<256).map { characters.utf8.contains(UInt8($0)) }
    }()

    private static let framing: [StaticString] = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect",
    ]
}
