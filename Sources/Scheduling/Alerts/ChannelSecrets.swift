import JSON
import Postgres
import Secrets
import Tenancy

/// The settings of channels as they are kept: an address or a URL, in an envelope that opens for its organization and channel alone.
public struct ChannelSecrets: Sendable {
    private let seal: Seal

    public init(_ seal: Seal) { self.seal = seal }

    /// Where the envelopes are kept.
    public static let column = SealedColumn("channels", key: ["organization_id", "id"]) { row throws(PostgresError) in
        place(try row("organization_id"), try row("id"))
    }

    private static func place(_ organization: ID<Organization>, _ channel: ID<Channel>) -> [String] {
        ["channels", organization.text, channel.text]
    }

    /// `settings`: a channel's, as its kind declares them.
    func seal(_ settings: JSON, of channel: ID<Channel>, _ organization: ID<Organization>) throws(SealError) -> [UInt8] {
        try seal.seal(settings.bytes(), in: Self.place(organization, channel))
    }

    /// Nil where the envelope is another's, or was altered, or its key is not ours.
    func open(_ envelope: [UInt8], of channel: ID<Channel>, _ organization: ID<Organization>) -> JSON? {
        guard let bytes = try? seal.open(envelope, in: Self.place(organization, channel)) else { return nil }
        return try? JSON(parsing: bytes)
    }
}
