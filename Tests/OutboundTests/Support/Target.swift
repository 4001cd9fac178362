import Glibc
import Synchronization

/// A customer's server on loopback, down at the socket, so that it can misbehave in every way. Each connection has a thread,
/// which runs `serve` and closes it.
final class Target: Sendable {
    struct Seen {
        var connections = 0
        var open = 0
        var requests: [Request] = []
        var waiting: [(isMet: (Seen) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let address: String
    let port: UInt16
    private let listener: Int32
    private let seen = Mutex(Seen())

    init(address: String = "127.0.0.1", serve: @escaping @Sendable (Connection) -> Void = { $0.answerAll() }) throws {
        self.address = address
        (listener, port) = try listenOn(address)
        onThread { [self] in
            while case let socket = accept(listener, nil, nil), socket >= 0 {
                update {
                    $0.connections += 1
                    $0.open += 1
                }
                onThread { [self] in
                    serve(Connection(socket: socket, target: self))
                    close(socket)
                    update { $0.open -= 1 }
                }
            }
        }
    }

    deinit { stop() }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    var connections: Int { seen.withLock { $0.connections } }
    var requests: [Request] { seen.withLock { $0.requests } }

    func url(_ target: String = "/", host: String? = nil) -> String { "http://\(host ?? address):\(port)\(target)" }

    /// Returns when `isMet` holds of what the target has seen.
    func wait(until isMet: @escaping @Sendable (Seen) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isMetNow = seen.withLock { seen in
                if !isMet(seen) { seen.waiting.append((isMet, continuation)) }
                return isMet(seen)
            }
            if isMetNow { continuation.resume() }
        }
    }

    func note(_ request: Request) { update { $0.requests.append(request) } }

    private func update(_ change: (inout Seen) -> Void) {
        let met = seen.withLock { seen in
            change(&seen)
            let now = seen
            let met = seen.waiting.filter { $0.isMet(now) }
            seen.waiting.removeAll { $0.isMet(now) }
            return met.map(\.continuation)
        }
        for continuation in met { continuation.resume() }
    }
}

/// What came over the wire, as it came.
struct Request: Sendable {
    let line: String
    let headers: [String]
    let body: [UInt8]

    func header(_ name: String) -> String? {
        headers.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }.map { String($0.dropFirst(name.count + 1).drop { $0 == " " }) }
    }
}

func listenOn(_ address: String, backlog: Int32 = 512) throws -> (socket: Int32, port: UInt16) {
    let isIPv6 = address.contains(":")
    let listener = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var storage = sockaddr_storage()
    let length = socklen_t(isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutableBytes(of: &storage) { bytes -> UInt16? in
        guard let start = bytes.baseAddress else { return nil }
        let generic = start.assumingMemoryBound(to: sockaddr.self)
        generic.pointee.sa_family = sa_family_t(isIPv6 ? AF_INET6 : AF_INET)
        // Both families keep the port at 2; the address is at 4 (IPv4) or 8 (IPv6).
        guard inet_pton(isIPv6 ? AF_INET6 : AF_INET, address, start + (isIPv6 ? 8 : 4)) == 1 else { return nil }
        var actual = length
        guard bind(listener, generic, length) == 0, listen(listener, backlog) == 0, getsockname(listener, generic, &actual) == 0 else {
            return nil
        }
        return start.load(fromByteOffset: 2, as: UInt16.self).bigEndian
    }
    guard let port else { throw NoListener() }
    return (listener, port)
}

struct NoListener: Error {}

func onThread(_ work: @escaping @Sendable () -> Void) {
    final class Box {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(work)).toOpaque()
    pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work() }
            return nil
        }, box)
    pthread_detach(thread)
}
