/// How long the parts of a call took, in microseconds; with redirects, the sum over all of them.
public struct OutboundTimings: Sendable, Equatable {
    /// Finding the name's addresses; 0 for an address and nearly so for a name resolved a moment ago.
    public var resolve: Int64 = 0
    /// Opening the connection; 0 on one that was open.
    public var connect: Int64 = 0
    /// Agreeing on TLS; 0 without it and on a connection that was open.
    public var tls: Int64 = 0
    /// From the request's first byte handed to the socket to the answer's first byte read from it.
    public var firstByte: Int64 = 0
    /// From calling `send` to its outcome.
    public var total: Int64 = 0
    /// From calling `send` to when the first request's bytes were handed to the socket; nil when they never were.
    public var sent: Int64?
}
