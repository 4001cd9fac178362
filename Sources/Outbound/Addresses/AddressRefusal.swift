/// Why a URL may not be called.
public struct AddressRefusal: Error, Sendable, Equatable {
    /// For the API's `code`.
    public enum Code: String, Sendable {
        /// Not a URL as we read them; `message` says what to change.
        case invalidURL = "invalid_url"
        /// A URL, but one that must not be called; `message` says no more than that.
        case blockedAddress = "blocked_address"
    }

    /// Which of the two it is.
    public let code: Code
    /// One sentence for the person who wrote the URL.
    public let message: String

    static func invalidURL(_ message: String) -> AddressRefusal { AddressRefusal(code: .invalidURL, message: message) }

    static func blocked(_ message: String = blockedText) -> AddressRefusal { AddressRefusal(code: .blockedAddress, message: message) }

    /// One text for private, metadata and unresolvable names: telling them apart would map the network behind us.
    static let blockedText = "This address is not allowed, or its name cannot be resolved."
}
