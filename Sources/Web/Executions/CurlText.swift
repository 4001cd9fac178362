import JSON

/// A recorded request as a command of curl's that sends the same, for any POSIX shell. Secrets stay masked.
enum CurlText {
    /// Nil where no command line can carry it.
    static func command(of request: JSON) -> String? {
        guard let method = request["method"]?.string, let url = request["url"]?.string, request["encoding"]?.string != "base64" else {
            return nil
        }
        // -g: brackets and braces in the URL are meant as they are.
        var lines = [method == "HEAD" ? "curl -gI" : "curl -gX \(method)"]
        lines[0] += " " + quoted(url)
        for header in request["headers"]?.array ?? [] {
            guard let name = header.array?.first?.string, let value = header.array?.last?.string else { continue }
            // With a colon and nothing behind it, curl would leave the header out.
            lines.append("-H " + quoted(value.isEmpty ? "\(name);" : "\(name): \(value)"))
        }
        if let body = request["body"]?.string, !body.isEmpty {
            // A raw one: after the other options, an @ at its beginning would name a file.
            lines.append("--data-raw " + quoted(body))
        }
        guard lines.allSatisfy(mayBePasted) else { return nil }
        return lines.joined(separator: " \\\n  ")
    }

    /// One word of a shell's, whatever the text holds.
    static func quoted(_ text: String) -> String {
        let apostrophe = UInt8(ascii: "'")
        // By bytes: an apostrophe with a combining mark behind it is one character, but still ends the word.
        let bytes = text.utf8.flatMap { $0 == apostrophe ? Array("'\\''".utf8) : [$0] }
        return "'" + String(decoding: bytes, as: UTF8.self) + "'"
    }

    /// A terminal takes control characters for keys.
    private static func mayBePasted(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\n") }
    }
}
