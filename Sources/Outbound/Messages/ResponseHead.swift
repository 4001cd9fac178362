/// The status line and headers of an answer, taken in line by line as they arrive, within limits: what goes beyond them,
/// or could be read in two ways, is refused before it takes up memory.
struct ResponseHead {
    private static let longest = 16 << 10
    private static let mostFields = 100

    private(set) var status = 0
    private(set) var headers: [(name: String, value: String)] = []
    /// What was wrong with it, once `add` has said no.
    private(set) var complaint = ""
    /// Whether the blank line after the final head has come: what follows the body are trailers, which are not headers.
    private(set) var isComplete = false
    /// How long the body says that it is.
    var length: Int? { headers.first { ASCII.equalIgnoringCase($0.name, "content-length") }.flatMap { Int($0.value) } }
    /// Whether the answer came over HTTP/2.
    private(set) var isHTTP2 = false
    private var size = 0

    /// Takes the next line, with its line end. False when the answer is to be refused.
    mutating func add(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        // Interim answers (103 and so on) start the headers anew, but count for the size: they can be sent without end.
        size += line.count
        guard size <= Self.longest else { return refuse("The target answered with more than 16 KiB of headers.") }
        let text = line.dropLast(while: { $0 == 0x0D || $0 == 0x0A })
        if isComplete { return true }
        if status == 0 { return addStatusLine(text) }
        return text.isEmpty ? end() : addField(text)
    }

    private mutating func addStatusLine(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let parts = line.split(separator: 0x20, maxSplits: 2)
        guard parts.count >= 2, parts[1].count == 3, let code = Int(String(decoding: parts[1], as: UTF8.self)),
            (100...599).contains(code)
        else {
            return refuse("The target's answer does not begin with an HTTP status.")
        }
        status = code
        isHTTP2 = parts[0].elementsEqual("HTTP/2".utf8)
        return true
    }

    private mutating func addField(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard headers.count < Self.mostFields else { return refuse("The target answered with more than 100 headers.") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex, line.first != 0x20, line.first != 0x09 else {
            return refuse("The target answered with a line that is no header.")
        }
        guard !line.contains(where: { $0 == 0 || $0 == 0x0D }) else {
            return refuse("The target answered with a control character in a header.")
        }
        let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }.dropLast(while: { $0 == 0x20 || $0 == 0x09 })
        headers.append((String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)))
        return true
    }

    private mutating func end() -> Bool {
        guard status >= 200 || status == 101 else {
            status = 0
            headers = []
            return true
        }
        isComplete = true
        return isFramedOneWay()
    }

    /// RFC 9112 §6.3: lengths that differ, and a length beside a transfer coding, are how one answer is made to look like
    /// two. One that no integer holds libcurl takes for none, and then any part of the body for all of it. A coding other
    /// than chunked was not asked for, and would be unpacked.
    private mutating func isFramedOneWay() -> Bool {
        var length: String?
        var coding: String?
        for (name, value) in headers {
            if ASCII.equalIgnoringCase(name, "content-length") {
                guard length == nil || length == value, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), Int64(value) != nil else {
                    return refuse("The target answered with a body whose length is unclear.")
                }
                length = value
            } else if ASCII.equalIgnoringCase(name, "transfer-encoding") {
                guard coding == nil, ASCII.equalIgnoringCase(value, "chunked") else {
                    return refuse("The target answered in a transfer coding that was not asked for.")
                }
                coding = value
            }
        }
        guard length == nil || coding == nil else { return refuse("The target answered with a body whose length is unclear.") }
        return true
    }

    private mutating func refuse(_ complaint: String) -> Bool {
        self.complaint = complaint
        return false
    }
}

extension BidirectionalCollection where SubSequence: BidirectionalCollection, SubSequence == SubSequence.SubSequence {
    fileprivate func dropLast(while isDropped: (Element) -> Bool) -> SubSequence {
        var rest = self[...]
        while let last = rest.last, isDropped(last) { rest.removeLast() }
        return rest
    }
}
