import JSON
import Mail
import Postgres
import Time

/// A person.
public struct User: Sendable, Identified {
    public static let prefix = "usr"

    public let id: ID<User>
    public let email: EmailAddress
}

extension User {
    /// Reads `user_id` and `email`.
    init(_ row: Row) throws(PostgresError) {
        self.init(id: try row("user_id"), email: try EmailAddress(stored: row("email")))
    }
}

extension EmailAddress {
    /// An address out of the database, where only checked ones are.
    init(stored text: String) throws(PostgresError) {
        guard let address = EmailAddress(text) else { throw .decoding("this is not an address in canonical form") }
        self = address
    }

    /// What a person typed. Throws `InvalidInput` at `/email`.
    static func checked(_ text: String) throws(InvalidInput) -> EmailAddress {
        guard let address = EmailAddress(text) else {
            let hint = "Give one plain e-mail address, such as alice@example.com."
            throw InvalidInput(pointer: "/email", code: "invalid_format", detail: hint)
        }
        return address
    }
}
