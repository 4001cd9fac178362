import Glibc

/// Where this program itself is reached. A job that calls it would be a loop and a confused deputy, so it is refused even
/// inside the allowed networks, but for paths that are made to be called.
public struct OwnAddresses: Sendable {
    /// An address that the program listens on.
    public struct Endpoint: Sendable, Hashable {
        /// One address, or `0.0.0.0` or `::` for all.
        public let address: IPAddress
        /// The port there.
        public let port: UInt16
        /// As `OwnAddresses` wants it.
        public init(address: IPAddress, port: UInt16) { (self.address, self.port) = (address, port) }
    }

    private let names: Set<String>
    private let endpoints: Set<Endpoint>
    private let openPaths: [String]

    /// - Parameters:
    ///   - names: host names of the deployment's public address; refused on every port. A reserved one such as `localhost` is
    ///     left to `endpoints`: another program's port on the same machine is not ours.
    ///   - endpoints: what the program listens on. `0.0.0.0` and `::` stand for every address that this machine has now.
    ///   - openPaths: prefixes such as `/demo/` that may be called nevertheless.
    public init(names: [String] = [], endpoints: [Endpoint] = [], openPaths: [String] = []) {
        let normalised = names.compactMap { try? HostName.normalised(Array($0.utf8)[...]) }
        self.names = Set(normalised.filter { !ReservedNames.contains($0) })
        self.endpoints = Set(endpoints.flatMap(Self.spelledOut))
        self.openPaths = openPaths
    }

    func refuses(name: String, for url: TargetURL) -> Bool { names.contains(name) && !isOpen(url) }

    func refuses(address: IPAddress, for url: TargetURL) -> Bool { isOurs(address, url.port) && !isOpen(url) }

    /// Whether this is a path of ours that is made to be called: then our own address may be called for it, loopback or not.
    func opens(address: IPAddress, for url: TargetURL) -> Bool { isOpen(url) && isOurs(address, url.port) }

    private func isOurs(_ address: IPAddress, _ port: UInt16) -> Bool {
        guard !endpoints.isEmpty else { return false }
        // A connection to 0.0.0.0 or :: goes to loopback, which one way or another is ours.
        if address.bytes.allSatisfy({ $0 == 0 }) { return endpoints.contains { $0.port == port } }
        // Any address of 127/8 reaches a listener on 0.0.0.0, whatever the interface says.
        let isLoopback = !address.isIPv6 && address.bytes[0] == 127
        let isOursByAny = isLoopback && endpoints.contains(Endpoint(address: Self.any, port: port))
        return isOursByAny || endpoints.contains(Endpoint(address: address, port: port))
    }

    /// Only plain paths count as open: with a dot segment, an escape or an empty segment in it, what we compare here and
    /// what a server makes of it could differ.
    private func isOpen(_ url: TargetURL) -> Bool {
        let path = url.path.utf8
        guard openPaths.contains(where: { path.starts(with: $0.utf8) }) else { return false }
        let isPlain = path.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x2D...0x39).contains($0) || $0 == 0x5F }
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let hasDots = segments.contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }
        return isPlain && !hasDots && !segments.dropLast().contains { $0.isEmpty }
    }

    private static let any = IPAddress(bytes: [0, 0, 0, 0])

    private static func spelledOut(_ endpoint: Endpoint) -> [Endpoint] {
        guard endpoint.address.bytes.allSatisfy({ $0 == 0 }) else { return [endpoint] }
        // A listener on :: takes IPv4 too, unless told otherwise.
        return ([any, endpoint.address] + addressesOfThisMachine()).map { Endpoint(address: $0, port: endpoint.port) }
    }

    private static func addressesOfThisMachine() -> [IPAddress] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        return sequence(first: first, next: { $0?.pointee.ifa_next }).compactMap { interface in
            interface?.pointee.ifa_addr.flatMap { IPAddress($0) }
        }
    }
}
