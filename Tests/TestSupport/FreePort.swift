import Foundation
import Synchronization

/// A port of 127.0.0.1 that nobody listens on, for a program that must be told one. It is below those that the kernel hands
/// out by itself, so that no connection takes it before that program does.
/// Each is handed out once: the program of another test may take seconds to listen there.
/// - Throws: `POSIXError` where there is none.
public func freePort() throws -> UInt16 {
    for _ in 0..<1_000 {
        let port = UInt16.random(in: 15_000..<32_000)
        if handedOut.withLock({ $0.insert(port).inserted }), isFree(port) { return port }
    }
    throw POSIXError(.EADDRINUSE)
}

private let handedOut = Mutex<Set<UInt16>>([])

private func isFree(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
}
