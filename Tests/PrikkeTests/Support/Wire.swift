import Foundation
import Glibc

/// A blocking connection to loopback: what the server is sent must not be tidied up by a client library. For one thread at a time.
final class Wire: @unchecked Sendable {
    private let descriptor: Int32
    private var kept: [UInt8] = []

    /// Nil: refused.
    init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(port).bigEndian
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard connected == 0 else { return nil }
    }

    deinit { Glibc.close(descriptor) }

    /// Runs `body` on a thread of its own.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { done in Thread.detachNewThread { done.resume(returning: body()) } }
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// What comes until the server closes.
    func readAll() -> [UInt8] {
        while receive() {}
        return kept
    }

    /// What comes until the end of a head, which is all of an answer without a body; what follows is kept for the next time.
    func readHead() -> String {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let gap = kept.firstRange(of: end) {
                let head = String(decoding: kept[..<gap.upperBound], as: UTF8.self)
                kept.removeSubrange(..<gap.upperBound)
                return head
            }
            guard receive() else { return "" }
        }
    }

    /// What comes until this does, which is the last of it; "" where it does not come.
    func read(until end: String) -> String {
        while true {
            if let mark = kept.firstRange(of: Array(end.utf8)) {
                let text = String(decoding: kept[..<mark.upperBound], as: UTF8.self)
                kept.removeSubrange(..<mark.upperBound)
                return text
            }
            guard receive() else { return "" }
        }
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        kept += buffer[..<count]
        return true
    }
}
