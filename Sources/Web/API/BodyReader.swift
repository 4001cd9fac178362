import HTTPTypes
import Hummingbird
import NIOCore

/// Reads the body of a request, up to a limit, and no byte of what is not wanted.
struct BodyReader {
    let request: Request
    let channel: any Channel

    var hasNoBody: Bool { request.headers[.transferEncoding] == nil && (request.headers[.contentLength] ?? "0") == "0" }

    /// Whether the body is, as it is, of this media type, in UTF-8.
    func isPlain(_ type: String) -> Bool {
        guard request.headers[values: .contentEncoding].allSatisfy({ $0.lowercased() == "identity" }) else { return false }
        let parts = request.headers[values: .contentType].joined(separator: ",").split(separator: ";")
            .map { $0.trimmingSpaces.lowercased() }
        let charsets = parts.dropFirst().filter { $0.hasPrefix("charset=") }
        return parts.first == type && charsets.allSatisfy { ["charset=utf-8", "charset=\"utf-8\""].contains($0) }
    }

    func checkLength(upTo largest: Int) throws(Problem) {
        guard let length = request.headers[.contentLength].flatMap(Int.init), length > largest else { return }
        throw .contentTooLarge(limit: largest)
    }

    /// All of it. Throws `Problem`.
    func bytes(upTo largest: Int) async throws -> [UInt8] {
        try checkLength(upTo: largest)
        // From here on the body is wanted; whoever waits for `100 Continue` is told so.
        if request.headers.contains(.expect) { channel.triggerUserOutboundEvent(BodyIsWanted(), promise: nil) }
        var bytes: [UInt8] = []
        var parts = request.body.makeAsyncIterator()
        while let part = try await next(&parts) {
            guard bytes.count + part.readableBytes <= largest else { throw Problem.contentTooLarge(limit: largest) }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }

    /// A client that goes away in the middle is his affair, and no error of ours to be logged.
    private func next(_ parts: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await parts.next()
        } catch let error as IOError {
            throw Problem.malformed("The connection broke off (error \(error.errnoCode)).")
        }
    }
}
