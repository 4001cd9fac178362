import HTTPTypes
import Hummingbird
import NIOCore

/// Compresses what is worth it, for whoever takes it so.
///
/// Pages stay as they are: each holds a form token, and may repeat what its address says; whoever can make a browser load many and sees
/// how long the answers are could guess the token (BREACH). An answer of the API repeats nothing for anybody who does not have its key.
/// What is written bit by bit (exports, events) stays as it is, too.
struct Compression: RouterMiddleware {
    /// Less fits into one packet as it is.
    private static let least = 1_024
    private static let types: Set<String> = [
        "application/json", "application/problem+json", "application/yaml", "text/plain", "text/css", "text/javascript", "image/svg+xml",
    ]

    func handle(
        _ request: Request, context: VisitorContext, next: (Request, VisitorContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        guard let length = response.body.contentLength, length >= Self.least, Self.isCompressible(response.headers) else { return response }
        let vary = [response.headers[.vary], "Accept-Encoding"].compactMap(\.self).joined(separator: ", ")
        response.headers[.vary] = vary
        guard AcceptEncoding(request.headers).prefersGzip, let compressed = try await Self.compress(response.body) else { return response }
        response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: compressed))
        response.headers[.contentEncoding] = "gzip"
        response.headers[.eTag] = response.headers[.eTag].map(EntityTags.compressed)
        return response
    }

    private static func isCompressible(_ headers: HTTPFields) -> Bool {
        let type = headers[.contentType].map { $0.prefix { $0 != ";" }.trimmingSpaces.lowercased() }
        return headers[.contentEncoding] == nil && type.map(types.contains) ?? false
    }

    /// Nil where it would not be shorter.
    private static func compress(_ body: ResponseBody) async throws -> [UInt8]? {
        let collected = Collected()
        try await body.write(Collector(collected: collected))
        return Gzip.compress(collected.bytes).flatMap { $0.count < collected.bytes.count ? $0 : nil }
    }

    private final class Collected { var bytes: [UInt8] = [] }

    private struct Collector: ResponseBodyWriter {
        let collected: Collected

        mutating func write(_ buffer: ByteBuffer) async throws { collected.bytes += buffer.readableBytesView }
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

/// `Accept-Encoding` (RFC 9110 §12.5.3).
struct AcceptEncoding {
    /// Thousandths by coding, in lower case.
    private var weights: [String: Int] = [:]

    init(_ headers: HTTPFields) {
        for element in headers[values: .acceptEncoding].flatMap({ $0.split(separator: ",") }) {
            let parts = element.split(separator: ";", omittingEmptySubsequences: false).map(\.trimmingSpaces)
            guard let coding = parts.first?.lowercased(), !coding.isEmpty else { continue }
            let quality = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }.map { $0.dropFirst(2) }
            weights[coding] = quality.map(Self.thousandths) ?? 1_000
        }
    }

    /// Whether gzip may be sent, and nothing that may be sent is liked better.
    var prefersGzip: Bool {
        let gzip = weights["gzip"] ?? weights["x-gzip"] ?? weights["*"] ?? 0
        return gzip > 0 && gzip >= weights["identity"] ?? 0
    }

    /// `0`, `0.5`, `1.000`; anything else counts as nothing.
    private static func thousandths(_ text: Substring) -> Int {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts.count == 2 ? parts[1] : ""
        guard parts[0] == "0" || parts[0] == "1", digits.utf8.count <= 3, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return 0
        }
        let fraction = Int(digits + String(repeating: "0", count: 3 - digits.utf8.count)) ?? 0
        return parts[0] == "1" ? (fraction == 0 ? 1_000 : 0) : fraction
    }
}
