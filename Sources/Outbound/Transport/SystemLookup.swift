import CCurl
import Glibc

/// The system's resolver: hosts file, DNS, whatever `nsswitch.conf` says.
enum SystemLookup {
    /// Blocks until there is an answer or the system gives up. `isAbsolute` keeps the search domains of `resolv.conf` from
    /// being tried behind a tenant's name (and the hosts file, which knows no final dot, from being read).
    static func addresses(of name: String, isAbsolute: Bool) -> Resolver.Answer {
        var hints = addrinfo()
        hints.ai_socktype = prikke_stream
        var first: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(isAbsolute ? name + "." : name, nil, &hints, &first)
        guard code == 0 else { return code == EAI_NONAME || code == noAddress ? .none : .failed }
        defer { freeaddrinfo(first) }
        var addresses: [IPAddress] = []
        for entry in sequence(first: first, next: { $0?.pointee.ai_next }) {
            guard let address = entry?.pointee.ai_addr.flatMap({ IPAddress($0) }), !addresses.contains(address) else { continue }
            addresses.append(address)
        }
        return addresses.isEmpty ? .none : .addresses(addresses)
    }

    /// EAI_NODATA, which glibc hides behind _GNU_SOURCE.
    private static let noAddress: Int32 = -5
}
