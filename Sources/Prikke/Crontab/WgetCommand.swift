/// The request that a wget command sends.
struct WgetCommand {
    private var request = ImportedRequest()
    private var urls: [ShellWord] = []
    private var (user, password): (String?, String?) = (nil, nil)
    private var (isSpider, savesAnswer): (Bool, Bool) = (false, true)
    private var method: String?

    /// Throws why it makes no job.
    static func request(_ arguments: some Sequence<ShellWord>) throws(CrontabSkip) -> ImportedRequest {
        var command = WgetCommand()
        command.request.followsRedirects = true
        for item in CommandOptions(letters: letters, withValue: withValue).items(of: arguments) {
            switch item {
            case .operand(let url): command.urls.append(url)
            case .option(let name, let value): try command.take(name, value)
            }
        }
        return try command.finished()
    }

    private mutating func take(_ name: String, _ value: ShellWord?) throws(CrontabSkip) {
        if Self.harmless.contains(name) { return }
        if let note = Self.noted[name] { return request.notes.append("--\(name): \(note)") }
        if let refusal = Self.refused(name) { throw refusal }
        let word = value ?? ShellWord()
        switch name {
        case "spider": isSpider = true
        case "delete-after": savesAnswer = false
        case "no-cache":
            request.add("Cache-Control", "no-cache")
            request.add("Pragma", "no-cache")
        case "output-document", "output-file", "append-output":
            if name == "output-document" { savesAnswer = false }
            if let note = try OutputTarget.note(word, by: "--\(name)") { request.notes.append(note) }
        case "post-data", "body-data": request.body = try word.known()
        case "method": method = try word.known().uppercased()
        case "header": try takeHeader(try word.known())
        case "user", "http-user": user = try word.known()
        case "password", "http-password": password = try word.known()
        case "user-agent": request.addMissing("User-Agent", try word.known())
        case "referer": request.addMissing("Referer", try word.known())
        case "timeout", "read-timeout": request.timeoutMs = try milliseconds(try word.known(), option: name)
        case "tries": request.retries = try retries(try word.known())
        case "max-redirect": request.followsRedirects = try word.known() != "0"
        default: throw CrontabSkip(.option, "wget's option \(name.hasPrefix("-") ? name : "--" + name) has no counterpart in a job.")
        }
    }

    private mutating func takeHeader(_ text: String) throws(CrontabSkip) {
        guard let colon = text.firstIndex(of: ":") else { throw CrontabSkip(.option, "--header has no colon.") }
        request.add(String(text[..<colon]).trimmingBlanks, String(text[text.index(after: colon)...]).trimmingBlanks)
    }

    private func milliseconds(_ text: String, option: String) throws(CrontabSkip) -> Int64? {
        guard let seconds = Double(text), seconds >= 0, seconds < 1_000_000 else {
            throw CrontabSkip(.option, "--\(option) has no number of seconds.")
        }
        return seconds == 0 ? nil : Int64((seconds * 1_000).rounded(.up))
    }

    /// wget counts tries, a job retries; 0 and inf stand for no end.
    private mutating func retries(_ text: String) throws(CrontabSkip) -> Int64 {
        if text == "inf" || text == "0" { return 10 }
        guard let tries = Int64(text), tries > 0 else { throw CrontabSkip(.option, "--tries has no whole number.") }
        return tries - 1
    }

    private mutating func finished() throws(CrontabSkip) -> ImportedRequest {
        for word in urls { _ = try word.known() }
        guard let url = urls.first else { throw CrontabSkip(.option, "wget is given no URL.") }
        guard urls.count == 1 else {
            throw CrontabSkip(.severalRequests, "It calls \(urls.count) URLs, and a job calls one. Write a line for each.")
        }
        try request.take(url: try url.known())
        if let user { request.authorize(user, password ?? "") }
        if request.body != nil { request.addMissing("Content-Type", "application/x-www-form-urlencoded") }
        request.method = method ?? (request.body != nil ? "POST" : isSpider ? "HEAD" : "GET")
        if savesAnswer, !isSpider {
            request.notes.append("wget kept the answer in a file in its folder: Prikke keeps the answers of its runs itself")
        }
        return request
    }
}

extension WgetCommand {
    private static let letters: [Character: String] = [
        "4": "inet4-only", "6": "inet6-only", "A": "accept", "B": "base", "D": "domains", "E": "adjust-extension", "F": "force-html",
        "H": "span-hosts", "I": "include-directories", "K": "backup-converted", "L": "relative", "N": "timestamping",
        "O": "output-document",
        "P": "directory-prefix", "Q": "quota", "R": "reject", "S": "server-response", "T": "timeout", "U": "user-agent", "V": "version",
        "X": "exclude-directories", "a": "append-output", "b": "background", "c": "continue", "d": "debug", "e": "execute", "h": "help",
        "i": "input-file", "k": "convert-links", "l": "level", "m": "mirror", "o": "output-file", "p": "page-requisites", "q": "quiet",
        "r": "recursive", "t": "tries", "v": "verbose", "w": "wait", "x": "force-directories",
    ]

    private static let withValue: Set<String> = [
        "accept", "accept-regex", "append-output", "base", "bind-address", "body-data", "body-file", "ca-certificate", "ca-directory",
        "certificate", "certificate-type", "ciphers", "config", "connect-timeout", "crl-file", "cut-dirs", "default-page",
        "directory-prefix",
        "dns-timeout", "domains", "exclude-directories", "exclude-domains", "execute", "header", "hsts-file", "http-password", "http-user",
        "include-directories", "input-file", "level", "limit-rate", "load-cookies", "local-encoding", "max-redirect", "method",
        "output-document",
        "output-file", "password", "post-data", "post-file", "prefer-family", "private-key", "progress", "proxy-password", "proxy-user",
        "quota",
        "read-timeout", "referer", "regex-type", "reject", "remote-encoding", "save-cookies", "secure-protocol", "timeout", "tries", "user",
        "user-agent", "wait", "waitretry", "warc-file",
    ]

    private static let harmless: Set<String> = [
        "quiet", "verbose", "no-verbose", "nv", "debug", "server-response", "background", "progress", "show-progress", "waitretry",
        "retry-connrefused", "auth-no-challenge", "content-on-error", "no-hsts", "no-dns-cache", "no-http-keep-alive", "no-proxy",
        "secure-protocol", "no-clobber", "nc", "nd", "no-directories", "nH", "no-host-directories", "force-html", "keep-session-cookies",
        "prefer-family", "report-speed", "no-config", "no-netrc", "trust-server-names", "content-disposition", "no-check-hostname",
    ]

    private static let noted: [String: String] = [
        "no-check-certificate": "Prikke checks the certificate; a target with a bad one fails",
        "connect-timeout": "a job has one time limit, for the whole call", "dns-timeout": "a job has one time limit, for the whole call",
        "limit-rate": "a job has no such limit", "inet4-only": "Prikke chooses the address itself",
        "inet6-only": "Prikke chooses the address itself", "save-cookies": "a job keeps no cookies",
        "ca-certificate": "Prikke trusts the certificates of its own machine", "wait": "a job makes one request",
        "random-wait": "a job makes one request",
        "execute": "a job does not read wget's settings",
    ]

    private static func refused(_ name: String) -> CrontabSkip? {
        switch name {
        case "post-file", "body-file", "input-file", "load-cookies", "config":
            CrontabSkip(.file, "It reads a file (--\(name)), which Prikke cannot. Write its content into the command.")
        case "directory-prefix", "timestamping", "continue", "adjust-extension", "warc-file", "force-directories", "backup-converted":
            CrontabSkip(.file, "It keeps the answer in a file (--\(name)), and Prikke writes no files on your machine.")
        case "recursive", "mirror", "page-requisites", "convert-links", "level", "span-hosts":
            CrontabSkip(.severalRequests, "It follows links (--\(name)), and a job makes one request.")
        case "certificate", "private-key", "certificate-type":
            CrontabSkip(.authentication, "A job has no client certificate (--\(name)). Use a header.")
        case "proxy-user", "proxy-password", "bind-address": CrontabSkip(.network, "--\(name): Prikke resolves and connects itself.")
        default: nil
        }
    }
}
