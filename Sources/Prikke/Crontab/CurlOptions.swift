/// curl's options, by what becomes of them. (After its manual page, version 8.)
extension CurlCommand {
    static let letters: [Character: String] = [
        "#": "progress-bar", "0": "http1.0", "1": "tlsv1", "2": "sslv2", "3": "sslv3", "4": "ipv4", "6": "ipv6", ":": "next",
        "A": "user-agent",
        "B": "use-ascii", "C": "continue-at", "D": "dump-header", "E": "cert", "F": "form", "G": "get", "H": "header", "I": "head",
        "J": "remote-header-name", "K": "config", "L": "location", "M": "manual", "N": "no-buffer", "O": "remote-name", "P": "ftp-port",
        "Q": "quote", "R": "remote-time", "S": "show-error", "T": "upload-file", "U": "proxy-user", "V": "version", "X": "request",
        "Y": "speed-limit", "Z": "parallel", "a": "append", "b": "cookie", "c": "cookie-jar", "d": "data", "e": "referer", "f": "fail",
        "g": "globoff", "h": "help", "i": "include", "j": "junk-session-cookies", "k": "insecure", "l": "list-only", "m": "max-time",
        "n": "netrc", "o": "output", "p": "proxytunnel", "q": "disable", "r": "range", "s": "silent", "t": "telnet-option", "u": "user",
        "v": "verbose", "w": "write-out", "x": "proxy", "y": "speed-time", "z": "time-cond",
    ]

    static let withValue: Set<String> = [
        "abstract-unix-socket", "alt-svc", "aws-sigv4", "cacert", "capath", "cert", "cert-type", "ciphers", "config", "connect-timeout",
        "connect-to", "continue-at", "cookie", "cookie-jar", "create-file-mode", "crlfile", "curves", "data", "data-ascii", "data-binary",
        "data-raw", "data-urlencode", "delegation", "dns-interface", "dns-ipv4-addr", "dns-ipv6-addr", "dns-servers", "doh-url",
        "dump-header",
        "ech", "engine", "etag-compare", "etag-save", "expect100-timeout", "form", "form-string", "ftp-port", "happy-eyeballs-timeout-ms",
        "header", "hostpubmd5", "hsts", "interface", "ip-tos", "ipfs-gateway", "json", "keepalive-time", "key", "key-type", "krb",
        "libcurl",
        "limit-rate", "local-port", "login-options", "mail-from", "max-filesize", "max-redirs", "max-time", "netrc-file", "noproxy",
        "oauth2-bearer", "output", "output-dir", "parallel-max", "pass", "pinnedpubkey", "preproxy", "proto", "proto-default",
        "proto-redir",
        "proxy", "proxy-cacert", "proxy-cert", "proxy-header", "proxy-key", "proxy-pass", "proxy-user", "pubkey", "quote", "random-file",
        "range", "rate", "referer", "request", "request-target", "resolve", "retry", "retry-delay", "retry-max-time", "service-name",
        "socks4",
        "socks4a", "socks5", "socks5-hostname", "speed-limit", "speed-time", "stderr", "telnet-option", "time-cond", "tls-max",
        "tls13-ciphers",
        "trace", "trace-ascii", "trace-config", "unix-socket", "upload-file", "url", "url-query", "user", "user-agent", "variable",
        "write-out",
    ]

    /// They say how curl reports, or what a job does anyway.
    static let harmless: Set<String> = [
        "silent", "show-error", "verbose", "progress-bar", "no-progress-meter", "include", "no-buffer", "fail", "fail-with-body",
        "fail-early",
        "write-out", "stderr", "trace", "trace-ascii", "trace-time", "trace-ids", "trace-config", "disable", "basic", "compressed",
        "http1.1",
        "http2", "no-keepalive", "tcp-nodelay", "tcp-fastopen", "keepalive-time", "path-as-is", "create-dirs", "remote-time", "ssl",
        "ssl-reqd",
        "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3", "proto", "proto-default", "proto-redir", "noproxy", "styled-output",
        "no-styled-output", "retry-delay", "retry-all-errors", "retry-connrefused", "retry-max-time", "expect100-timeout", "no-sessionid",
        "no-alpn", "happy-eyeballs-timeout-ms", "junk-session-cookies", "suppress-connect-headers", "use-ascii", "no-clobber", "raw",
    ]

    static let noted: [String: String] = [
        "insecure": "Prikke checks the certificate; a target with a bad one fails",
        "connect-timeout": "a job has one time limit, for the whole call",
        "ipv4": "Prikke chooses the address itself", "ipv6": "Prikke chooses the address itself",
        "http1.0": "Prikke speaks HTTP/1.1 and HTTP/2",
        "http2-prior-knowledge": "Prikke speaks HTTP/1.1 and HTTP/2", "http3": "Prikke speaks HTTP/1.1 and HTTP/2",
        "max-redirs": "Prikke follows at most 5 redirects", "limit-rate": "a job has no such limit",
        "speed-limit": "a job has no such limit",
        "speed-time": "a job has no such limit", "max-filesize": "Prikke reads at most 1 MiB of an answer",
        "cacert": "Prikke trusts the certificates of its own machine", "capath": "Prikke trusts the certificates of its own machine",
        "ciphers": "Prikke chooses them itself", "tls-max": "Prikke speaks TLS 1.2 and 1.3",
    ]

    static func refused(_ name: String) -> CrontabSkip? {
        switch name {
        case "config", "variable": CrontabSkip(.file, "It reads options from a file (--config). Write them into the command.")
        case "upload-file": CrontabSkip(.file, "It sends a file (--upload-file), which Prikke cannot read.")
        case "remote-name", "remote-header-name", "output-dir", "remote-name-all", "etag-save", "etag-compare", "alt-svc", "hsts":
            CrontabSkip(.file, "It keeps something in a file (--\(name)), and Prikke writes no files on your machine.")
        case "netrc", "netrc-optional", "netrc-file":
            CrontabSkip(.authentication, "It takes the password from .netrc. Write it with --user.")
        case "digest", "ntlm", "ntlm-wb", "negotiate", "anyauth", "aws-sigv4", "delegation", "login-options":
            CrontabSkip(.authentication, "--\(name) answers a challenge of the target, which a job cannot. Use a header or --user.")
        case "cert", "key", "pass", "cert-type", "key-type", "pinnedpubkey":
            CrontabSkip(.authentication, "A job has no client certificate (--\(name)). Use a header.")
        case "proxy", "proxytunnel", "preproxy", "proxy-user", "socks4", "socks4a", "socks5", "socks5-hostname", "proxy-header":
            CrontabSkip(.network, "It goes through a proxy (--\(name)); Prikke calls the target itself.")
        case "unix-socket", "abstract-unix-socket", "resolve", "connect-to", "interface", "local-port", "dns-servers", "doh-url":
            CrontabSkip(.network, "--\(name) says how this machine reaches the target; Prikke resolves and connects itself.")
        case "form", "form-string": CrontabSkip(.option, "It sends a form in parts (--form). Send --data or --json instead.")
        case "next", "parallel":
            CrontabSkip(.severalRequests, "It makes several requests (--\(name)), and a job makes one. Write a line for each.")
        default: nil
        }
    }
}
