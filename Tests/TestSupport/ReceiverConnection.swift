import Foundation
import Time

/// A listening socket on 127.0.0.1 and the port it was given.
func listenOnLoopback() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) | listen(descriptor, 4096) | getsockname(descriptor, $0, &length)
        }
    }
    guard descriptor >= 0, code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    return (descriptor, UInt16(bigEndian: address.sin_port))
}

func acceptConnections(of listener: Int32, _ state: Receiver.State) {
    defer { close(listener) }
    while true {
        let descriptor = accept(listener, nil, nil)
        if descriptor < 0, errno == EINTR || errno == ECONNABORTED { continue }
        guard descriptor >= 0 else { return }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let isWanted = state.values.withLock { values in
            if !values.isClosed { values.connections.insert(descriptor) }
            return !values.isClosed
        }
        guard isWanted else {
            close(descriptor)
            return
        }
        let thread = Thread {
            ReceiverConnection(descriptor: descriptor).serve(state)
            state.values.withLock { values in
                values.connections.remove(descriptor)
                close(descriptor)
            }
        }
        thread.stackSize = 256 << 10
        thread.start()
    }
}

/// One connection: requests one after the other, each answered before the next is read.
private struct ReceiverConnection {
    let descriptor: Int32

    func serve(_ state: Receiver.State) {
        var unread: [UInt8] = []
        while let request = readRequest(&unread) {
            let answer = state.answer(to: request)
            answer.gate?.wait()
            guard send(answer, to: request) else { return }
        }
    }

    /// Nil at the end of the connection, or where what came is no HTTP.
    private func readRequest(_ unread: inout [UInt8]) -> Receiver.Request? {
        let end = Array("\r\n\r\n".utf8)
        while !unread.contains(end) { guard receive(&unread) else { return nil } }
        guard let headEnd = unread.firstRange(of: end) else { return nil }
        let lines = String(decoding: unread[..<headEnd.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count == 3 else { return nil }
        let headers = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (name: String(line[..<colon]), value: line[colon...].dropFirst().trimmingCharacters(in: .whitespaces))
        }
        let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        unread.removeFirst(headEnd.upperBound)
        while unread.count < length { guard receive(&unread) else { return nil } }
        defer { unread.removeFirst(length) }
        return Receiver.Request(
            method: String(words[0]), path: String(words[1]), headers: headers, body: Array(unread[..<length]), arrived: .now())
    }

    private func receive(_ unread: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 { unread += chunk[..<count] }
        return count > 0
    }

    /// False when the connection is over.
    private func send(_ answer: Receiver.Answer, to request: Receiver.Request) -> Bool {
        var left = answer.cutAfter ?? Int.max
        guard write(answer.head[...], &left) else { return false }
        if request.method != "HEAD" {
            for _ in 0..<answer.times { guard writeBody(answer, &left) else { return false } }
        }
        return request.header("connection")?.lowercased() != "close"
    }

    private func writeBody(_ answer: Receiver.Answer, _ left: inout Int) -> Bool {
        guard let (size, pause) = answer.pace else { return write(answer.body[...], &left) }
        for start in stride(from: 0, to: answer.body.count, by: max(1, size)) {
            guard write(answer.body[start..<min(start + max(1, size), answer.body.count)], &left) else { return false }
            Thread.sleep(forTimeInterval: pause / .seconds(1))
        }
        return true
    }

    /// False when the connection is over, or cut because `left` is used up.
    private func write(_ bytes: ArraySlice<UInt8>, _ left: inout Int) -> Bool {
        var rest = bytes.prefix(left)
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        left -= bytes.count
        return left > 0
    }
}
