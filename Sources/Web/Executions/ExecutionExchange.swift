import JSON
import Scheduling

extension ExecutionPage {
    /// What an attempt sent and got.
    struct Exchange: Sendable {
        /// Of which attempt: empty where there is one.
        let ofAttempt: String
        let requests: [Message]
        let responses: [Message]
        let commands: [Command]
        let noCommand: String
        let hasNoCommand: Bool
    }

    struct Command: Sendable { let commandText: String }

    /// What went over the wire in one direction.
    struct Message: Sendable {
        let messageLine: String
        let headCount: String
        let head: String
        let hasHead: Bool
        var messageBody: String
        var hasBody: Bool
        var bodyNote: String
        /// The whole body as a file: one, or none.
        var files: [Link]
    }
}

extension ExecutionPage.Exchange {
    /// Nil: there was neither. `file` is where the response's body is handed out.
    init?(_ attempt: Attempt, isOnly: Bool, file: String, _ room: inout Room) {
        requests = ExecutionPage.Message(requestOf: attempt, &room).map { [$0] } ?? []
        let command = attempt.request.flatMap(CurlText.command(of:))
        commands = command.flatMap { room.takeWhole($0, atMost: 5_000) }.map { [.init(commandText: $0)] } ?? []
        hasNoCommand = attempt.request != nil && commands.isEmpty
        noCommand =
            command == nil
            ? "As curl it cannot be written: no command line carries bytes that are no plain text."
            : "As a command of curl's it would be too long for this page."
        responses = ExecutionPage.Message(responseTo: attempt, file: file, &room).map { [$0] } ?? []
        ofAttempt = isOnly ? "" : " of attempt \(attempt.number)"
        if requests.isEmpty && responses.isEmpty { return nil }
    }
}

extension ExecutionPage.Message {
    /// Nil: nothing was sent. Of its first line, headers and body so many bytes of HTML each, at most.
    init?(requestOf attempt: Attempt, _ room: inout Room, atMost most: Int = 3_000) {
        guard let request = attempt.request else { return nil }
        let line = "\(request["method"]?.string ?? "") \(request["url"]?.string ?? "")"
        let bytes = request["body"]?.string.map { Array($0.utf8) } ?? []
        let isBinary = request["encoding"]?.string == "base64"
        self.init(line: room.take(line, atMost: most).text, headers: request["headers"], &room, atMost: most)
        if isBinary {
            set(body: "", note: "Binary, \(Words.bytes(bytes.count / 4 * 3))")
        } else {
            let body = ShownBody(bytes, size: bytes.count, isTruncated: false, room: &room, atMost: most)
            set(body: body.text, note: body.note)
        }
    }

    /// Nil: there was no answer. Of its headers so many bytes of HTML, at most.
    init?(responseTo attempt: Attempt, file: String, _ room: inout Room, atMost most: Int = 3_000) {
        guard attempt.responseHeaders != nil || attempt.response != nil else { return nil }
        self.init(line: attempt.statusCode.map { "HTTP \($0)" } ?? "", headers: attempt.responseHeaders, &room, atMost: most)
        guard let response = attempt.response else { return }
        let body = ShownBody(response.body, size: response.size, isTruncated: response.isTruncated, room: &room)
        set(body: body.text, note: body.note)
        files = response.body.isEmpty ? [] : [.init(linkText: "Download", linkPath: file)]
    }

    private init(line: String, headers: JSON?, _ room: inout Room, atMost most: Int) {
        let lines = (headers?.array ?? []).compactMap { header in
            header.array.flatMap { $0.count == 2 ? "\($0[0].string ?? ""): \($0[1].string ?? "")" : nil }
        }
        let taken = room.take(lines.joined(separator: "\n"), atMost: most)
        messageLine = line
        head = taken.text + (taken.isWhole ? "" : "…")
        headCount = Words.count(lines.count, "header")
        hasHead = !lines.isEmpty
        (messageBody, hasBody, bodyNote, files) = ("", false, "Empty", [])
    }

    private mutating func set(body: String, note: String) { (messageBody, hasBody, bodyNote) = (body, !body.isEmpty, note) }
}
