/// A complete answer, whatever its status.
public struct OutboundResponse: Sendable {
    /// So much of a body is kept.
    public static let keptBody = 256 << 10
    /// So much of a body is read; what is longer is cut off there, and its connection closed.
    public static let readBody = 1 << 20

    /// 200–599, or 101; interim answers are passed over.
    public let status: Int
    /// As they came, in their order; bytes that are not UTF-8 are replaced.
    public let headers: [(name: String, value: String)]
    /// The body's first 256 KiB, byte for byte, not decompressed.
    public let body: [UInt8]
    /// How many bytes of body were read: all there were, or 1 MiB.
    public let size: Int
    /// Whether `body` is not all of it.
    public let truncated: Bool
    /// How long its parts took, redirects included.
    public internal(set) var timings: OutboundTimings
    /// The address that answered, without the port.
    public let remoteAddress: String
    /// The URL that answered: the request's, or where redirects led.
    public let finalURL: TargetURL

    /// The first header of this name, which is written in lower case.
    public func header(_ name: StaticString) -> String? { headers.first { ASCII.equalIgnoringCase($0.name, name) }?.value }
}
