import Glibc

/// A target's end of one connection. Blocks its own thread only.
struct Connection: Sendable {
    let socket: Int32
    let target: Target

    /// The next request, noted at the target; nil when the client has closed.
    @discardableResult
    func read() -> Request? {
        guard let head = readHead() else { return nil }
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: true).map(String.init)
        var request = Request(line: lines.first ?? "", headers: Array(lines.dropFirst()), body: [])
        let length = request.header("content-length").flatMap { Int($0) } ?? 0
        var body: [UInt8] = []
        while body.count < length, let byte = readByte() { body.append(byte) }
        request = Request(line: request.line, headers: request.headers, body: body)
        target.note(request)
        return request
    }

    private func readHead() -> String? {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard let byte = readByte() else { return nil }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func readByte() -> UInt8? {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, 0) == 1 ? byte : nil
    }

    /// False when the client is gone.
    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    func answer(_ body: String = "ok", status: String = "200 OK", headers: [String] = []) {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
        write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    func answerAll() { while read() != nil { answer() } }

    /// Waits until the client closes.
    func waitForEnd() { while readByte() != nil {} }

    /// Ends with a reset instead of a FIN.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }
}
