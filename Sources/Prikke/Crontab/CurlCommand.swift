/// The request that a curl command sends.
struct CurlCommand {
    private var request = ImportedRequest()
    private var urls: [ShellWord] = []
    private var (data, query): ([String], [String]) = ([], [])
    private var isJSON = false
    private var method: String?
    private var (isGet, isHead, isGlobbing) = (false, false, true)
    private var withoutHeaders: Set<String> = []
    /// What curl sends by its own options, unless `--header` names the same.
    private var (userAgent, referer, bearer): (String?, String?, String?) = (nil, nil, nil)
    private var cookies: [String] = []
    private var user: (name: String, password: String)?
    private let input: CommandInput

    /// Throws why it makes no job.
    static func request(_ arguments: some Sequence<ShellWord>, input: CommandInput) throws(CrontabSkip) -> ImportedRequest {
        var command = CurlCommand(input)
        for item in CommandOptions(letters: letters, withValue: withValue).items(of: arguments) {
            switch item {
            case .operand(let url): command.urls.append(url)
            case .option(let name, let value): try command.take(name, value)
            }
        }
        return try command.finished()
    }

    private init(_ input: CommandInput) { self.input = input }

    private mutating func take(_ name: String, _ value: ShellWord?) throws(CrontabSkip) {
        if Self.harmless.contains(name) { return }
        if let note = Self.noted[name] { return request.notes.append("--\(name): \(note)") }
        if let refusal = Self.refused(name) { throw refusal }
        switch name {
        case "get": isGet = true
        case "head": isHead = true
        case "globoff": isGlobbing = false
        case "location", "location-trusted": request.followsRedirects = true
        case "output", "dump-header", "cookie-jar":
            if let note = try OutputTarget.note(value ?? ShellWord(), by: "--\(name)") { request.notes.append(note) }
        default: try takeValue(name, value ?? ShellWord())
        }
    }

    private mutating func takeValue(_ name: String, _ word: ShellWord) throws(CrontabSkip) {
        switch name {
        case "url": urls.append(word)
        case "request": method = try word.known()
        case "header": try takeHeader(try word.known())
        case "data", "data-ascii": data.append(try content(try word.known(), option: name) { $0.filter { !$0.isNewline } })
        case "data-binary": data.append(try content(try word.known(), option: name) { $0 })
        case "data-raw": data.append(try word.known())
        case "json":
            isJSON = true
            data.append(try content(try word.known(), option: name) { $0 })
        case "data-urlencode": data.append(try encoded(try word.known()))
        case "url-query": query.append(try encoded(try word.known()))
        case "user": try takeUser(try word.known())
        case "oauth2-bearer": bearer = try word.known()
        case "user-agent": userAgent = try word.known()
        case "referer": referer = try word.known().replacing(";auto", with: "")
        case "range": request.add("Range", "bytes=" + (try word.known()))
        case "cookie": try takeCookie(try word.known())
        case "max-time": request.timeoutMs = try milliseconds(try word.known(), option: name)
        case "retry": request.retries = try count(try word.known(), option: name)
        default:
            throw CrontabSkip(.option, "curl's option \(name.hasPrefix("-") ? name : "--" + name) has no counterpart in a job.")
        }
    }

    private mutating func takeHeader(_ text: String) throws(CrontabSkip) {
        guard !text.hasPrefix("@") else { throw CrontabSkip(.file, "It reads headers from a file (\(text)). Write them into the command.") }
        if let colon = text.firstIndex(of: ":") {
            let name = String(text[..<colon]).trimmingBlanks
            let value = String(text[text.index(after: colon)...]).trimmingBlanks
            // `Name:` takes away what curl would send by itself.
            if value.isEmpty { withoutHeaders.insert(name.lowercased()) } else { request.add(name, value) }
        } else if text.hasSuffix(";") {
            request.add(String(text.dropLast()).trimmingBlanks, "")
        }
    }

    private mutating func takeUser(_ text: String) throws(CrontabSkip) {
        guard let colon = text.firstIndex(of: ":") else {
            throw CrontabSkip(.authentication, "--user names no password, so curl would ask for it.")
        }
        user = (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    private mutating func takeCookie(_ text: String) throws(CrontabSkip) {
        guard text.contains("=") else { throw CrontabSkip(.file, "It reads cookies from a file (\(text)). Write them into the command.") }
        cookies.append(text)
    }

    /// `@-` is standard input, `@name` a file; everything else is what it says.
    private func content(_ text: String, option: String, _ strip: (String) -> String) throws(CrontabSkip) -> String {
        guard text.hasPrefix("@") else { return text }
        if text == "@-" { return strip(try input.known()) }
        throw CrontabSkip(
            .file, "It sends the file \(text.dropFirst()) (--\(option)), which Prikke cannot read. Write the content into the command.")
    }

    /// As `--data-urlencode` has it, with + for a blank: `content`, `=content`, `name=content`, `@file`, `name@file`.
    private func encoded(_ text: String) throws(CrontabSkip) -> String {
        let sign = text.firstIndex { $0 == "=" || $0 == "@" }
        let encode = { (text: String) in ImportedRequest.formEncoded(text).replacing("%20", with: "+") }
        guard let sign else { return encode(text) }
        let (name, content) = (String(text[..<sign]), String(text[text.index(after: sign)...]))
        let value = text[sign] == "=" ? content : try self.content("@" + content, option: "data-urlencode") { $0 }
        return (name.isEmpty ? "" : name + "=") + encode(value)
    }

    /// Nil: 0 is no limit.
    private func milliseconds(_ text: String, option: String) throws(CrontabSkip) -> Int64? {
        guard let seconds = Double(text), seconds >= 0, seconds < 1_000_000 else {
            throw CrontabSkip(.option, "--\(option) has no number of seconds.")
        }
        return seconds == 0 ? nil : Int64((seconds * 1_000).rounded(.up))
    }

    private func count(_ text: String, option: String) throws(CrontabSkip) -> Int64 {
        guard let count = Int64(text), count >= 0 else { throw CrontabSkip(.option, "--\(option) has no whole number.") }
        return count
    }

    private mutating func finished() throws(CrontabSkip) -> ImportedRequest {
        var text = try url()
        if isGet || isHead { (query, data) = (query + data, []) }
        if !query.isEmpty {
            let fragment = text.firstIndex(of: "#").map { String(text[$0...]) } ?? ""
            text.removeLast(fragment.count)
            text += (text.hasSuffix("?") ? "" : text.contains("?") ? "&" : "?") + query.joined(separator: "&") + fragment
        }
        if !data.isEmpty { request.body = isJSON ? data.joined() : data.joined(separator: "&") }
        addOwnHeaders()
        if text.contains(" ") { request.notes.append("the URL has a blank, which curl refuses; the job calls it with %20") }
        try request.take(url: text)
        request.method = method ?? (isHead ? "HEAD" : request.body == nil ? "GET" : "POST")
        let upper = request.method.uppercased()
        if upper != request.method {
            request.notes.append("curl sends the method as it is written, \(request.method); the job sends \(upper)")
            request.method = upper
        }
        return request
    }

    private func url() throws(CrontabSkip) -> String {
        for word in urls { _ = try word.known() }
        guard let url = urls.first else { throw CrontabSkip(.option, "curl is given no URL.") }
        guard urls.count == 1 else {
            throw CrontabSkip(.severalRequests, "It calls \(urls.count) URLs, and a job calls one. Write a line for each.")
        }
        // Brackets with nothing in them stand for themselves, and an address of IPv6 stands in some.
        let pattern = url.text.replacing("[]", with: "").replacing("//[", with: "//")
        if isGlobbing, pattern.contains(where: { "{[".contains($0) }) {
            throw CrontabSkip(
                .severalRequests, "curl calls several URLs for \(url.text) ({} and []). Write a line for each, or say --globoff.")
        }
        return url.text
    }

    private mutating func addOwnHeaders() {
        if !data.isEmpty { addOwn("Content-Type", isJSON ? "application/json" : "application/x-www-form-urlencoded") }
        if isJSON { addOwn("Accept", "application/json") }
        addOwn("User-Agent", userAgent)
        addOwn("Referer", referer)
        addOwn("Cookie", cookies.isEmpty ? nil : cookies.joined(separator: "; "))
        addOwn("Authorization", bearer.map { "Bearer " + $0 })
        if let user, !withoutHeaders.contains("authorization") { request.authorize(user.name, user.password) }
    }

    private mutating func addOwn(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty, !withoutHeaders.contains(name.lowercased()) else { return }
        request.addMissing(name, value)
    }
}

extension String {
    /// Without blanks and tabs at its ends.
    var trimmingBlanks: String {
        let start = drop { $0 == " " || $0 == "\t" }
        return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
