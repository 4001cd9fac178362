/// What a tenant's URL may point at: one policy for every field that takes a URL, and again for every connection.
///
/// The text is judged by `check` when it is saved and before each call; the addresses that a name has at that moment by
/// `permits`, again with the very socket address that is about to be connected (names change between the two).
public struct AddressPolicy: Sendable {
    /// Opened for self-hosting and tests; never by a tenant.
    public let allowedNetworks: [IPNetwork]
    private let deniedPorts: Set<UInt16>
    private let deniedHosts: [String]
    private let own: OwnAddresses

    /// `deniedPorts` are the operator's, beside those of the Fetch standard. `deniedHosts` are names whose owners do not want to be
    /// called, they and all below them: in lower case, without a dot at the end.
    public init(
        allowedNetworks: [IPNetwork] = [], deniedPorts: Set<UInt16> = [], deniedHosts: [String] = [], own: OwnAddresses = OwnAddresses()
    ) {
        (self.allowedNetworks, self.own) = (allowedNetworks, own)
        (self.deniedPorts, self.deniedHosts) = (deniedPorts, deniedHosts)
    }

    /// The URL that `text` spells, if nothing in the text speaks against calling it. Resolves nothing. Throws
    /// `invalid_url` or `blocked_address`.
    public func check(_ text: String) throws(AddressRefusal) -> TargetURL {
        let url = try TargetURL(text)
        if let refusal = refusal(of: url) { throw refusal }
        return url
    }

    /// What speaks against calling `url`, without resolving its name.
    func refusal(of url: TargetURL) -> AddressRefusal? {
        guard !url.port.isBadPort, !deniedPorts.contains(url.port) else { return .blocked("Port \(url.port) is not allowed.") }
        switch url.host {
        case .address(let address): return permits(address, for: url) ? nil : .blocked()
        case .name(let name):
            if own.refuses(name: name, for: url) { return .blocked() }
            if isDenied(name) { return .blocked("Whoever runs this host does not want to be called.") }
            // A refused name may still stand for addresses that the operator opened (`localhost` in a test, a service of
            // the same cluster). Which they are is known when it is resolved, so with any open network `permits` decides.
            return ReservedNames.contains(name) && allowedNetworks.isEmpty ? .blocked() : nil
        }
    }

    private func isDenied(_ name: String) -> Bool {
        deniedHosts.contains { denied in
            name.utf8.elementsEqual(denied.utf8) || name.utf8.reversed().starts(with: ("." + denied).utf8.reversed())
        }
    }

    /// Whether a connection to `address` may serve a call of `url`.
    public func permits(_ address: IPAddress, for url: TargetURL) -> Bool {
        guard !address.isIPv4InDisguise, !own.refuses(address: address, for: url) else { return false }
        if isInAllowedNetwork(address) || own.opens(address: address, for: url) { return true }
        if case .name(let name) = url.host, ReservedNames.contains(name) { return false }
        return address.isPublic
    }

    /// Whether the operator opened a network that holds `address`.
    public func isInAllowedNetwork(_ address: IPAddress) -> Bool { allowedNetworks.contains { $0.contains(address) } }
}
