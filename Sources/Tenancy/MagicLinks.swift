import JSON
import Mail
import Postgres
import Secrets
import Time

/// The door to signing in: a link that is mailed, good for ten minutes and one use, in the browser that asked for it.
public struct MagicLinks: Sendable {
    let database: Database
    private let mails: Mails
    private let limits: RateLimits
    private let organizations: Organizations

    /// `organizations` makes the one that a sign-up names.
    public init(_ database: Database, mails: Mails, limits: RateLimits, organizations: Organizations) {
        (self.database, self.mails) = (database, mails)
        (self.limits, self.organizations) = (limits, organizations)
    }

    /// What is asked for.
    public struct Request: Sendable {
        public let email: String
        /// Signing up: what the organization is to be called.
        public let organizationName: String?
        /// The page to go to then; whoever passes it has checked that it is one of ours.
        public let next: String?

        /// `next` must be a path of ours.
        public init(email: String, organizationName: String? = nil, next: String? = nil) {
            (self.email, self.organizationName, self.next) = (email, organizationName, next)
        }
    }

    private static let lifetime: Duration = .seconds(600)

    /// Mails a link, whether or not anybody is known by that address: who asks is told the same and waits as long. Beyond the limits
    /// nothing is mailed, and that is not told either. An earlier link of this browser ends.
    ///
    /// Throws `InvalidInput` at `/email` and `/organization`. True: a link was made.
    @discardableResult
    public func ask(_ request: Request, from visitor: Sessions.Visitor) async throws -> Bool {
        let email = try EmailAddress.checked(request.email)
        let name = try request.organizationName.map { try Organization.checked(name: $0, at: "/organization") }
        guard let browser = Token(visitor.browser) else { return false }
        guard try await limits.refusal(counts(email, browser, visitor)) == nil else { return false }
        let token = Token()
        let id = ID<MagicLink>()
        try await database.transaction { transaction in
            let now: Timestamp = try await transaction.query("SELECT now() AS now").only("now")
            let end = now.adding(Self.lifetime)
            try await transaction.batch([
                "DELETE FROM magic_links WHERE browser_hash = \(browser.hash) AND purpose = 'sign_in' AND used_at IS NULL",
                """
                INSERT INTO magic_links (
                    id, purpose, token_hash, code_hash, browser_hash, email, organization_name, next_path, created_at, expires_at)
                VALUES (\(id), 'sign_in', \(token.hash), \(Self.hash(token.code, of: id)), \(browser.hash), \(email.text), \(name),
                    \(request.next), \(now), \(end))
                """,
                try mails.signIn(token, to: email, at: now, expiresAt: end),
            ])
        }
        return true
    }

    private func counts(_ email: EmailAddress, _ browser: Token, _ visitor: Sessions.Visitor) async throws -> [RateLimits.Count] {
        let isKnown: Bool = try await database.query(
            """
            SELECT EXISTS (SELECT FROM known_browsers k JOIN users u ON u.id = k.user_id
                WHERE u.email = \(email.text) AND k.browser_hash = \(browser.hash)) AS is_known
            """
        ).only("is_known")
        // Whom others' asking must not keep out: he is counted by himself alone.
        let subject = isKnown ? "\(email.text) \(Hex.encode(browser.hash))" : email.text
        let own: [RateLimits.Count] = [(.linksToAddress, subject), (.linksToAddressDaily, subject)]
        return isKnown ? own : [(.linksFromNetwork, visitor.network)] + own + [(.links, "all")]
    }

    /// What a mailed link comes to in the browser that opens it. Looking uses nothing up.
    public enum Opened: Sendable, Equatable {
        /// The browser that asked: one click signs in as this.
        case here(EmailAddress)
        /// Another browser: it is to show this code, and no more.
        case elsewhere(code: String)
        case used
        /// Over, replaced by a later one, altered, or never made.
        case gone
    }

    /// Looks at a link.
    public func open(_ text: String, in browser: String?) async throws -> Opened {
        guard let token = Token(text) else { return .gone }
        let rows = try await database.query(
            """
            SELECT email, browser_hash, used_at IS NOT NULL AS is_used, expires_at > now() AND tries < 5 AS is_live
            FROM magic_links WHERE token_hash = \(token.hash) AND purpose = 'sign_in'
            """)
        guard let row = rows.first else { return .gone }
        if try row("is_used") { return .used }
        guard try row("is_live") else { return .gone }
        let isHere = constantTimeEquals(try row("browser_hash"), browser.flatMap { Token($0) }?.hash ?? [])
        return isHere ? .here(try EmailAddress(stored: row("email"))) : .elsewhere(code: token.code)
    }

    /// Who has come in.
    public struct SignedIn: Sendable {
        /// For the browser's cookie.
        public let token: Token
        public let user: User
        /// The page that was asked for.
        public let next: String?
        /// The organization that was made with the user.
        public let organization: Organization?
    }

    /// Signs in with a link, in the browser that asked for it. Nil: it does not, as `open` would tell.
    public func signIn(with text: String, in visitor: Sessions.Visitor) async throws -> SignedIn? {
        guard let token = Token(text), let browser = Token(visitor.browser) else { return nil }
        return try await database.transaction { transaction in
            // Only one of many at once gets the row as unused.
            let rows = try await transaction.query(
                """
                UPDATE magic_links SET used_at = now()
                WHERE token_hash = \(token.hash) AND purpose = 'sign_in' AND browser_hash = \(browser.hash) AND used_at IS NULL
                    AND expires_at > now() AND tries < 5
                RETURNING email, organization_name, next_path
                """)
            guard let row = rows.first else { return nil }
            return try await signIn(row, browser, visitor, in: transaction)
        }
    }

    /// Signs in with the six digits of this browser's link. A wrong code is one of five tries, after which the link is dead.
    /// Throws `InvalidInput` at `/code`, `Denial.tryLater`.
    public func signIn(withCode code: String, in visitor: Sessions.Visitor) async throws -> SignedIn {
        let wrong = InvalidInput(
            pointer: "/code", code: "wrong_code",
            detail: "This is not the code, or it is no longer good. After five tries, or ten minutes, ask for a new link.")
        if let seconds = try await limits.refusal([(.codesFromNetwork, visitor.network)]) { throw Denial.tryLater(seconds: seconds) }
        guard let browser = Token(visitor.browser) else { throw wrong }
        let digits = code.filter { !$0.isWhitespace }
        let signedIn: SignedIn? = try await database.transaction { transaction in
            let rows = try await transaction.query(
                """
                UPDATE magic_links SET tries = tries + 1
                WHERE browser_hash = \(browser.hash) AND purpose = 'sign_in' AND used_at IS NULL AND expires_at > now() AND tries < 5
                RETURNING id, code_hash, email, organization_name, next_path
                """)
            // One, unless two were asked for at the same time.
            let match = try rows.first { constantTimeEquals(Self.hash(digits, of: try $0("id")), try $0("code_hash")) }
            guard let row = match else { return nil }
            try await transaction.query("UPDATE magic_links SET used_at = now() WHERE id = \(try row("id", as: ID<MagicLink>.self))")
            return try await signIn(row, browser, visitor, in: transaction)
        }
        guard let signedIn else { throw wrong }
        return signedIn
    }

    // MARK: -

    private func signIn(_ link: Row, _ browser: Token, _ visitor: Sessions.Visitor, in transaction: Transaction) async throws -> SignedIn {
        let now: Timestamp = try await transaction.query("SELECT now() AS now").only("now")
        let email = try EmailAddress(stored: link("email"))
        let user = try await Users.confirmed(email, now: now, in: transaction)
        var organization: Organization?
        if let name: String = try link("organization_name"), try await Users.isWithoutOrganization(user.id, in: transaction) {
            organization = try await organizations.make(named: name, ownedBy: user, from: visitor.address, now: now, in: transaction)
        }
        let token = Token()
        let isStrange = try await Self.isStrange(browser, of: user.id, now: now, in: transaction)
        var statements = [Sessions.insertion(token, id: ID(at: now), of: user.id, in: visitor, at: now)]
        if isStrange { statements.append(try mails.newSignIn(in: visitor, to: user.email, at: now)) }
        try await transaction.batch(statements)
        return SignedIn(token: token, user: user, next: try link("next_path"), organization: organization)
    }

    /// Remembers the browser. True: the user has others, and had not signed in with this one.
    private static func isStrange(_ browser: Token, of user: ID<User>, now: Timestamp, in transaction: Transaction) async throws -> Bool {
        let known = try await transaction.query(
            """
            SELECT count(*) AS others, count(*) FILTER (WHERE browser_hash = \(browser.hash)) AS same
            FROM known_browsers WHERE user_id = \(user)
            """)
        try await transaction.query(
            """
            INSERT INTO known_browsers (user_id, browser_hash, last_seen_at) VALUES (\(user), \(browser.hash), \(now))
            ON CONFLICT (user_id, browser_hash) DO UPDATE SET last_seen_at = excluded.last_seen_at
            """)
        let others: Int64 = try known.only("others")
        let same: Int64 = try known.only("same")
        return others > 0 && same == 0
    }

    private static func hash(_ code: String, of id: ID<MagicLink>) -> [UInt8] { Hash.sha256(id.bytes + code.utf8) }
}

/// A link that was mailed.
public enum MagicLink: Identified {
    public static let prefix = "lnk"
}
