import Foundation
import Secrets

/// The one request of a crontab line, as curl or wget would send it.
struct ImportedRequest: Equatable {
    var method = "GET"
    var url = ""
    /// A name comes once, in whatever case.
    private(set) var headers: [(name: String, value: String)] = []
    var body: String?
    /// Nil: no limit was said.
    var timeoutMs: Int64?
    var retries: Int64?
    var followsRedirects = false
    /// What could not be carried over, in words.
    var notes: [String] = []

    static func == (a: ImportedRequest, b: ImportedRequest) -> Bool {
        a.method == b.method && a.url == b.url && a.headers.elementsEqual(b.headers, by: ==) && a.body == b.body
            && a.timeoutMs == b.timeoutMs && a.retries == b.retries && a.followsRedirects == b.followsRedirects && a.notes == b.notes
    }

    /// Headers of one name are one header with a list (RFC 9110 §5.3), cookies one cookie string.
    mutating func add(_ name: String, _ value: String) {
        if let index = index(of: name) {
            headers[index].value += (name.lowercased() == "cookie" ? "; " : ", ") + value
        } else {
            headers.append((name, value))
        }
    }

    /// Unless one of that name is there.
    mutating func addMissing(_ name: String, _ value: String) { if index(of: name) == nil { headers.append((name, value)) } }

    private func index(of name: String) -> Int? { headers.firstIndex { $0.name.lowercased() == name.lowercased() } }

    mutating func authorize(_ user: String, _ password: String) {
        addMissing("Authorization", "Basic " + Base64.encode(Array("\(user):\(password)".utf8)))
    }

    /// Takes a URL as curl and wget do: http where no scheme is said, user and password out of it into a header, and what
    /// they send as it is in percent-encoding.
    mutating func take(url text: String) throws(CrontabSkip) {
        var text = text
        if let scheme = text.firstRange(of: "://") {
            let name = text[..<scheme.lowerBound].lowercased()
            guard name == "http" || name == "https" else {
                throw CrontabSkip(.notHTTP, "\(name):// is neither http nor https.")
            }
        } else {
            text = "http://" + text
        }
        let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        let end = text[start...].firstIndex { "/?#".contains($0) } ?? text.endIndex
        if let at = text[start..<end].lastIndex(of: "@") {
            let parts = text[start..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { Self.decoded($0) }
            authorize(parts[0], parts.count > 1 ? parts[1] : "")
            text.removeSubrange(start...at)
        }
        let path = text[start...].firstIndex { "/?#".contains($0) } ?? text.endIndex
        url = text[..<path] + Self.withoutDots(Self.encoded(text[path...]))
    }

    private static func decoded(_ text: Substring) -> String { String(text).removingPercentEncoding ?? String(text) }

    /// What no URL may hold is written in percent-encoding; what is there already stays.
    private static func encoded(_ text: Substring) -> String {
        let bytes = Array(text.utf8)
        return bytes.indices.map { index in
            let byte = bytes[index]
            let isEscape =
                byte == UInt8(ascii: "%") && bytes[(index + 1)...].prefix(2).count { Character(Unicode.Scalar($0)).isHexDigit } == 2
            let isLegal = byte > 0x20 && byte < 0x7F && !"\"%<>[]\\^`{|}".utf8.contains(byte)
            return isLegal || isEscape ? String(Unicode.Scalar(byte)) : percent(byte)
        }.joined()
    }

    /// `/a/../b/./c` is asked for as `/b/c` (RFC 3986 §5.2.4).
    private static func withoutDots(_ text: String) -> String {
        let end = text.firstIndex { "?#".contains($0) } ?? text.endIndex
        let parts = text[..<end].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.contains(".") || parts.contains("..") else { return text }
        var kept: [Substring] = []
        for part in parts.dropFirst() {
            if part == ".." { kept = kept.dropLast() } else if part != "." { kept.append(part) }
        }
        let isFolder = parts.last == "." || parts.last == ".."
        return "/" + kept.joined(separator: "/") + (isFolder && !kept.isEmpty ? "/" : "") + text[end...]
    }

    private static func percent(_ byte: UInt8) -> String { "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }

    /// Percent-encoded but for letters, digits and `-._~`.
    static func formEncoded(_ text: String) -> String {
        let plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8
        return text.utf8.map { plain.contains($0) ? String(Unicode.Scalar($0)) : percent($0) }.joined()
    }

    /// Whether only its own machine, or its own network, can call it.
    var isLocal: Bool {
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        var host = url[start...].prefix { !"/?#".contains($0) }.lowercased()
        if !host.hasPrefix("["), let colon = host.lastIndex(of: ":") { host = String(host[..<colon]) }
        let isPrivate = ["127.", "10.", "192.168.", "169.254.", "[::1]", "[fd", "[fe80"].contains { host.hasPrefix($0) }
        return isPrivate || host == "localhost" || !(host.contains(".") || host.hasPrefix("[")) || host.hasSuffix(".local")
            || host.hasSuffix(".internal")
            || host.hasSuffix(".localhost")
    }
}

/// What a command gets on its standard input.
enum CommandInput: Equatable {
    case none
    case text(String)
    case unknown(CrontabSkip)

    func known() throws(CrontabSkip) -> String {
        switch self {
        case .none: return ""
        case .text(let text): return text
        case .unknown(let skip): throw skip
        }
    }
}

/// Where a program's answer went, as far as a job is concerned.
enum OutputTarget {
    /// Throws where the file is what the line is for.
    static func note(_ file: ShellWord, by option: String) throws(CrontabSkip) -> String? {
        let path = file.text
        if path.isEmpty { _ = try file.known() }
        if file.unknown == nil, ["/dev/null", "-", "/dev/stdout", "/dev/stderr", "/dev/tty"].contains(path) { return nil }
        let lower = path.lowercased()
        let isLog = [".log", ".err", ".out", "/log/", "/logs/", "/tmp/", "/dev/"].contains { lower.contains($0) } || lower.hasSuffix("log")
        // Of a name with a part that only the shell knows, the rest must look like a log.
        let name = file.unknown == nil ? path : "a file whose name only a shell can work out"
        guard isLog else {
            throw CrontabSkip(.file, "It keeps the answer in \(name) (\(option)), and Prikke writes no files on your machine.")
        }
        return "the answer was written to \(name) (\(option)): Prikke keeps the answers of its runs itself"
    }
}
