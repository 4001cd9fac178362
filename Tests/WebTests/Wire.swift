import Foundation
import Glibc

/// A blocking socket on a thread of its own: what the server is sent must not be tidied up by a client library.
final class Wire: Sendable {
    private let descriptor: Int32

    /// Runs `body` on a thread of its own.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { done in
            Thread.detachNewThread { done.resume(returning: body()) }
        }
    }

    /// Sends `bytes`, perhaps ends its side, and reads until the server closes (15 s at most).
    static func exchange(_ bytes: [UInt8], port: Int, thenEnd: Bool) async -> [UInt8] {
        await run {
            guard let wire = Wire(port: port) else { return [] }
            wire.send(bytes)
            if thenEnd { wire.endInput() }
            return wire.readAll()
        }
    }

    /// Connects to loopback from `source`, an address of loopback; nil: refused. A read waits 15 s at most; a receive buffer
    /// makes for a client that takes little.
    init?(port: Int, from source: String = "127.0.0.1", receiveBuffer: Int32? = nil) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        setTimeout(SO_RCVTIMEO, seconds: 15)
        if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size)) }
        guard Self.with(source, 0, { bind(descriptor, $0, $1) }) == 0, Self.with("127.0.0.1", port, { connect(descriptor, $0, $1) }) == 0
        else { return nil }
    }

    private func setTimeout(_ option: Int32, seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func with(_ address: String, _ port: Int, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        return withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    deinit { Glibc.close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Stops at an error: a server that refuses closes before it has read everything. How many were sent.
    @discardableResult func send(_ bytes: [UInt8]) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return sent }
            sent += count
        }
        return sent
    }

    /// How many of these bytes the server, and the buffers on the way to it, take until a second passes without any.
    func sendAsLongAsTaken(_ bytes: [UInt8]) -> Int {
        setTimeout(SO_SNDTIMEO, seconds: 1)
        return send(bytes)
    }

    /// Sends, and reads until `end` comes, or the server closes.
    func ask(_ text: String, until end: String? = nil) -> String {
        send(text)
        return end.map { read(until: $0) } ?? String(decoding: readAll(), as: UTF8.self)
    }

    /// Says that nothing more will be sent.
    func endInput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What comes until the server closes, with a pause before each look.
    func readAll(pausing pause: Duration = .zero) -> [UInt8] {
        read { _ in
            if pause > .zero { usleep(UInt32(pause / .microseconds(1))) }
            return false
        }
    }

    /// What comes until `end` does, or until the server closes.
    func read(until end: String) -> String {
        let mark = Array(end.utf8)
        return String(decoding: read { $0.suffix(mark.count) == mark[...] }, as: UTF8.self)
    }

    /// Whether the server has neither closed nor sent anything by then.
    func isOpen(after time: Duration) -> Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let end = ContinuousClock.now + time
        while true {
            let count = poll(&watched, 1, Int32(max(.zero, ContinuousClock.now.duration(to: end)) / .milliseconds(1)))
            if count < 0, errno == EINTR { continue }
            return count == 0
        }
    }

    /// Whether the connection is reset by then.
    func isBroken(after time: Duration) -> Bool {
        var watched = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&watched, 1, Int32(time / .milliseconds(1))) > 0
    }

    /// Waits until the server has ended its side of this connection, 30 s at most. Nothing tells a client of it that does not
    /// read, but the kernel knows.
    func waitUntilServerLetsGo(at port: Int) {
        let start = ContinuousClock.now
        while isEstablished(at: port), start.duration(to: .now) < .seconds(30) { usleep(50_000) }
    }

    /// Whether the server's end, of two on 127.0.0.1, is in state 01 (proc_net_tcp.txt).
    private func isEstablished(at port: Int) -> Bool {
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        let connection = String(format: " 0100007F:%04X 0100007F:%04X 01 ", port, UInt16(bigEndian: name.sin_port))
        guard let table = fopen("/proc/net/tcp", "r") else { return false }
        defer { fclose(table) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), table) != nil { if strstr(line, connection) != nil { return true } }
        return false
    }

    private func read(until isEnough: ([UInt8]) -> Bool) -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(answer) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            // With a time limit, a call ends so when the process was stopped and goes on.
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
        return answer
    }
}
