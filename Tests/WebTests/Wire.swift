import Foundation
import Glibc

/// A blocking socket on a thread of its own: what the server is sent must not be tidied up by a client library.
enum Wire {
    /// Sends `bytes`, perhaps ends its side, and reads until the server closes (15 s at most).
    static func exchange(_ bytes: [UInt8], port: Int, thenEnd: Bool) async -> [UInt8] {
        await withCheckedContinuation { done in
            Thread.detachNewThread { done.resume(returning: blockingExchange(bytes, port: port, thenEnd: thenEnd)) }
        }
    }

    private static func blockingExchange(_ bytes: [UInt8], port: Int, thenEnd: Bool) -> [UInt8] {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 15, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard connected == 0 else { return [] }
        sendAll(bytes, descriptor)
        if thenEnd { shutdown(descriptor, Int32(SHUT_WR)) }
        return readAll(descriptor)
    }

    /// Stops at an error: a server that refuses closes before it has read everything.
    private static func sendAll(_ bytes: [UInt8], _ descriptor: Int32) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            sent += count
        }
    }

    private static func readAll(_ descriptor: Int32) -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
    }
}
