import CCurl
import Foundation

/// One HTTP call of the command line, by libcurl. Not by `OutboundClient`: that one refuses private addresses (a server of one's own
/// has such), and keeps 256 KiB of an answer (a plan of 5,000 jobs has more). See docs/decisions/0025-command-line-client.md.
struct HTTPCall: Sendable {
    let method: String
    let url: String
    /// As lines: `Accept: application/json`.
    let headers: [String]
    var body: [UInt8] = []
    var timeout: Duration = .seconds(60)

    struct Answer: Sendable {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: [UInt8]

        /// The first header of that name, which is written in lower case.
        func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
    }

    /// There is no answer.
    struct Failure: Error, Sendable {
        /// What libcurl says.
        let cause: String
        /// Whether nothing can have reached the server.
        let isUnsent: Bool
    }

    /// More of an answer than this is none of ours.
    static let largestAnswer = 64 << 20

    /// Waits for the whole answer, on a thread made for it: it blocks, and the pool has only as many threads as cores.
    func send() async throws(Failure) -> Answer {
        let result: Result<Answer, Failure> = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: perform()) }
        }
        return try result.get()
    }

    /// What comes in. Used by one thread, inside `perform`.
    private final class Received {
        var lines: [String] = []
        var body: [UInt8] = []
    }

    private func perform() -> Result<Answer, Failure> {
        prikke_block_sigpipe()
        guard let easy = curl_easy_init() else { return .failure(Failure(cause: "there is no memory", isUnsent: true)) }
        defer { curl_easy_cleanup(easy) }
        let complaint = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(CURL_ERROR_SIZE))
        complaint.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer { complaint.deallocate() }
        prikke_easy_set_bytes(easy, CURLOPT_ERRORBUFFER, complaint)
        var list: UnsafeMutablePointer<curl_slist>?
        for header in headers + ["Expect:"] { list = curl_slist_append(list, header) }
        defer { curl_slist_free_all(list) }
        setOptions(easy, list)
        let received = Received()
        Self.receive(into: received, easy)
        let code = withExtendedLifetime(received) { curl_easy_perform(easy) }
        guard code == CURLE_OK else {
            let said = String(cString: complaint)
            let unsent = [CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_URL_MALFORMAT]
            let cause = said.isEmpty ? String(cString: curl_easy_strerror(code)) : said
            return .failure(Failure(cause: cause, isUnsent: unsent.contains(code)))
        }
        var status = 0
        prikke_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return .success(Answer(status: status, headers: Self.headers(received.lines), body: received.body))
    }

    private func setOptions(_ easy: UnsafeMutableRawPointer, _ list: UnsafeMutablePointer<curl_slist>?) {
        prikke_easy_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        prikke_easy_set_text(easy, CURLOPT_URL, url)
        // A redirect would take the key elsewhere.
        prikke_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        prikke_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
        prikke_easy_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        prikke_easy_set_text(easy, CURLOPT_ACCEPT_ENCODING, "")
        prikke_easy_set_text(easy, CURLOPT_USERAGENT, "Prikke/\(Prikke.version) (command line)")
        prikke_easy_set_long(easy, CURLOPT_TIMEOUT_MS, Int(timeout.components.seconds) * 1_000)
        prikke_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, 10_000)
        prikke_easy_set_list(easy, CURLOPT_HTTPHEADER, list)
        if !body.isEmpty || method != "GET" {
            prikke_easy_set_long(easy, CURLOPT_POST, 1)
            prikke_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            prikke_easy_set_bytes(easy, CURLOPT_COPYPOSTFIELDS, body)
        }
        prikke_easy_set_text(easy, CURLOPT_CUSTOMREQUEST, method)
    }

    private static func receive(into received: Received, _ easy: UnsafeMutableRawPointer) {
        let pointer = Unmanaged.passUnretained(received).toOpaque()
        prikke_easy_set_pointer(easy, CURLOPT_WRITEDATA, pointer)
        prikke_easy_set_pointer(easy, CURLOPT_HEADERDATA, pointer)
        prikke_easy_on_write(easy) { bytes, size, count, received in
            guard let bytes, let received else { return 0 }
            let object = Unmanaged<Received>.fromOpaque(received).takeUnretainedValue()
            guard object.body.count + size * count <= HTTPCall.largestAnswer else { return 0 }
            object.body += UnsafeRawBufferPointer(start: bytes, count: size * count)
            return size * count
        }
        prikke_easy_on_header(easy) { bytes, size, count, received in
            guard let bytes, let received else { return 0 }
            let object = Unmanaged<Received>.fromOpaque(received).takeUnretainedValue()
            object.lines.append(String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self))
            return size * count
        }
    }

    /// Those of the last answer: interim answers have lines of their own before.
    private static func headers(_ lines: [String]) -> [(name: String, value: String)] {
        let last = lines.lastIndex { $0.hasPrefix("HTTP/") } ?? lines.startIndex
        return lines[last...].compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].filter { !$0.isNewline }
            return (String(line[..<colon]), String(value).trimmingBlanks)
        }
    }
}
