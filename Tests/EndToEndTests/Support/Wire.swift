import Foundation

/// A blocking socket on a thread of its own: what the server is sent must not be tidied up by a client library.
enum Wire {
    /// Sends `bytes` and reads until the server closes, or until what came `isWhole`; at most `patience` seconds without a byte.
    static func exchange(
        _ bytes: [UInt8], port: UInt16, patience: Int = 30, until isWhole: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) async -> [UInt8] {
        await withCheckedContinuation { done in
            Thread.detachNewThread { done.resume(returning: blockingExchange(bytes, port, patience, isWhole)) }
        }
    }

    static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    private static func blockingExchange(_ bytes: [UInt8], _ port: UInt16, _ patience: Int, _ isWhole: ([UInt8]) -> Bool) -> [UInt8] {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = loopback(port: port)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard code == 0 else { return [] }
        sendAll(bytes, descriptor)
        return readAll(descriptor, isWhole)
    }

    /// Stops at an error: a server that refuses closes before it has read everything.
    private static func sendAll(_ bytes: [UInt8], _ descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func readAll(_ descriptor: Int32, _ isWhole: ([UInt8]) -> Bool) -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isWhole(answer) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            // With a time limit, a call ends so when the process was stopped and goes on.
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
        return answer
    }
}
