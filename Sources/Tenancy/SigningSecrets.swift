import Postgres
import Secrets

/// What an organization's outgoing requests are signed with. In the database they are sealed, each for its organization
/// alone: a row copied to another tenant does not open.
public struct SigningSecrets: Sendable {
    private let seal: Seal

    public init(_ seal: Seal) { self.seal = seal }

    /// A new secret of 32 random bytes, sealed.
    func make(for organization: ID<Organization>) throws(SealError) -> [UInt8] {
        try seal.seal(RandomBytes.make(32), in: Self.place(organization))
    }

    /// The secrets of an organization, in the order given. One that does not open (the program's key was changed) is left
    /// out: its receivers see a request without the signature they expect, and refuse it.
    public func open(_ sealed: [[UInt8]], of organization: ID<Organization>) -> [[UInt8]] {
        sealed.compactMap { try? seal.open($0, in: Self.place(organization)) }
    }

    /// Where they are kept.
    public static let column = SealedColumn("signing_secrets", key: ["organization_id", "id"]) { row throws(PostgresError) in
        place(try row("organization_id"))
    }

    private static func place(_ organization: ID<Organization>) -> [String] { ["signing_secrets", organization.text] }
}
