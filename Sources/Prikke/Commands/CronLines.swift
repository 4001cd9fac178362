import Glibc
import JSON
import Time

/// `prikke cron next --jsonl`: one question a line, one answer a line, in order, whatever stands in them.
struct CronLines {
    /// More instants than this are answered with an error.
    static let mostInstants = 100_000
    private static let longestLine = 65_536

    /// What has come of a line whose end has not.
    private var begun: [UInt8] = []
    private var isTooLong = false
    private var answers: [UInt8] = []

    /// Answers all of standard input. Whoever waits for an answer before he asks on gets it: nothing is held back while
    /// there is nothing to read.
    static func answerAll() throws {
        var lines = CronLines()
        var block = [UInt8](repeating: 0, count: longestLine)
        while true {
            let count = read(STDIN_FILENO, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Unreadable(cause: String(cString: strerror(errno))) }
            if count == 0 { break }
            lines.take(block[..<count])
            lines.flush()
        }
        lines.endLine()
        lines.flush()
    }

    private struct Unreadable: Error, CustomStringConvertible {
        let cause: String
        var description: String { "standard input could not be read: \(cause)" }
    }

    private mutating func take(_ block: ArraySlice<UInt8>) {
        var rest = block
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(rest[..<end])
            endLine()
            rest = rest[(end + 1)...]
        }
        add(rest)
    }

    private mutating func add(_ part: ArraySlice<UInt8>) {
        if begun.count + part.count > Self.longestLine { isTooLong = true }
        if !isTooLong { begun += part }
    }

    private mutating func endLine() {
        defer { (isTooLong, _) = (false, begun.removeAll(keepingCapacity: true)) }
        if isTooLong { return write(.null, error: "the line is longer than \(Self.longestLine) bytes") }
        if begun.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { return }
        do throws(JSONError) {
            answer(try JSON(parsing: begun, wideIntegers: true))
        } catch {
            write(idDespiteNUL ?? .null, error: "the line cannot be read as JSON: \(error.detail)")
        }
        if answers.count >= 1 << 20 { flush() }
    }

    /// The id of a line that cannot be read only because a text in it holds U+0000: whoever asks what becomes of such a text
    /// wants to know which answer is his.
    private var idDespiteNUL: JSON? {
        let text = String(decoding: begun, as: UTF8.self).replacing("\\u0000", with: "\\ufffd")
        guard let json = try? JSON(parsing: Array(text.utf8), wideIntegers: true), let id = json["id"] else { return nil }
        return begun.count == text.utf8.count && !String(decoding: id.bytes(), as: UTF8.self).contains("\u{FFFD}") ? id : nil
    }

    private mutating func flush() {
        if !answers.isEmpty { Output.answer(answers[...]) }
        answers.removeAll(keepingCapacity: true)
    }
}

// MARK: One question

extension CronLines {
    private struct Wrong: Error {
        let sentence: String
    }

    private mutating func answer(_ json: JSON) {
        guard let members = json.object else { return write(.null, error: "the line is not a JSON object") }
        let id = members["id"] ?? .null
        do throws(Wrong) {
            try write(id, next: expression(members), count: Self.count(members), after: Self.start(members), in: Self.zone(members))
        } catch {
            write(id, error: error.sentence)
        }
    }

    private func expression(_ members: JSONObject) throws(Wrong) -> CronExpression {
        guard let text = members["expr"]?.string else { throw Wrong(sentence: "expr: write an expression, such as \"0 9 * * *\"") }
        let seconds = members.given("seconds") ?? false
        guard let seconds = seconds.bool else { throw Wrong(sentence: "seconds: write true or false") }
        do throws(CronError) { return try CronExpression(text, seconds: seconds) } catch { throw Wrong(sentence: "\(error)") }
    }

    private static func zone(_ members: JSONObject) throws(Wrong) -> ZoneRules {
        guard let tz = members.given("tz") else { return .utc }
        guard let zone = tz.string.flatMap({ ZoneRules.named($0) }) else {
            throw Wrong(sentence: "tz: there is no such time zone; use an IANA name such as Europe/Oslo")
        }
        return zone
    }

    private static func start(_ members: JSONObject) throws(Wrong) -> Timestamp {
        guard let start = members.given("start") else { return .now() }
        guard let instant = start.string.flatMap({ Timestamp(rfc3339: $0) }) else {
            throw Wrong(sentence: "start: write an instant with its offset, such as 2026-01-01T00:00:00Z")
        }
        return instant
    }

    private static func count(_ members: JSONObject) throws(Wrong) -> Int {
        guard let n = members.given("n") else { return 5 }
        guard let count = n.int, 0...Int64(mostInstants) ~= count else {
            throw Wrong(sentence: "n: write a whole number from 0 to \(mostInstants)")
        }
        return Int(count)
    }

    private mutating func write(_ id: JSON, next expression: CronExpression, count: Int, after start: Timestamp, in zone: ZoneRules) {
        begin(id, "next")
        answers.append(UInt8(ascii: "["))
        var after = start
        for number in 0..<count {
            guard let next = expression.next(after: after, in: zone) else { break }
            answers += (number == 0 ? "\"" : ",\"").utf8
            answers += next.rfc3339Seconds.utf8
            answers.append(UInt8(ascii: "\""))
            after = next
        }
        answers += "]}\n".utf8
    }

    private mutating func write(_ id: JSON, error sentence: String) {
        begin(id, "error")
        JSON.string(sentence).write(into: &answers)
        answers += "}\n".utf8
    }

    private mutating func begin(_ id: JSON, _ member: String) {
        answers += "{\"id\":".utf8
        id.write(into: &answers)
        answers += ",\"\(member)\":".utf8
    }
}

extension JSONObject {
    /// The member of that name; null is as good as none.
    fileprivate func given(_ name: String) -> JSON? { self[name].flatMap { $0.isNull ? Optional<JSON>.none : $0 } }
}
