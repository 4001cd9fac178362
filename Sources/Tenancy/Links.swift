/// Where the links of mails lead. The paths are the pages' to say; here they are only put into words.
public struct Links: Sendable {
    let signIn: @Sendable (Token) -> String
    let newAddress: @Sendable (Token) -> String
    let oldAddress: @Sendable (Token) -> String
    let invite: @Sendable (Token) -> String
    let account: String
    let organizations: String
    let keys: @Sendable (Organization) -> String

    /// Whole addresses, which begin with the site's configured one, whatever a request says.
    public init(
        signIn: @escaping @Sendable (Token) -> String, newAddress: @escaping @Sendable (Token) -> String,
        oldAddress: @escaping @Sendable (Token) -> String, invite: @escaping @Sendable (Token) -> String, account: String,
        organizations: String, keys: @escaping @Sendable (Organization) -> String
    ) {
        (self.signIn, self.newAddress, self.oldAddress, self.invite) = (signIn, newAddress, oldAddress, invite)
        (self.account, self.organizations, self.keys) = (account, organizations, keys)
    }
}
