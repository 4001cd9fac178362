import NIOCore

/// Cuts the bytes of a connection into requests, and lets through only what is good: a head as a whole, when all of it is
/// there, a body as it comes.
struct RequestFraming {
    private enum Stage {
        case head(LineReader, RequestHead?)
        case body(left: Int)
        case chunks(ChunkedBody)
        case whole
    }

    /// What the head of the request said that was let through last.
    private(set) var head = RequestHead()
    private var stage = Stage.head(LineReader(), nil)

    /// Whether the head was let through, and whether all of the request was.
    private(set) var hasHead = false
    var isWhole: Bool { if case .whole = stage { true } else { false } }

    /// Takes from the front of `held` what can go on; nil: more is needed, or the request is whole. Throws for what is no
    /// request; there is no going on after that.
    mutating func next(_ held: inout ByteBuffer) throws(Problem) -> ByteBuffer? {
        let count: Int
        switch stage {
        case .head(var lines, var draft):
            count = try takeHead(held.readableBytesView, &lines, &draft)
            if count == 0 { stage = .head(lines, draft) }
        case .body(let left):
            count = min(left, held.readableBytes)
            stage = count == left ? .whole : .body(left: left - count)
        case .chunks(var body):
            count = try body.take(held.readableBytesView)
            stage = body.isWhole ? .whole : .chunks(body)
        case .whole: return nil
        }
        return count == 0 ? nil : held.readSlice(length: count)
    }

    private mutating func takeHead(_ bytes: ByteBufferView, _ lines: inout LineReader, _ draft: inout RequestHead?) throws(Problem) -> Int {
        while true {
            let longest = draft == nil ? RequestHead.longestRequestLine : FieldLines.longest
            let line = try lines.next(in: bytes, longest: longest, orThrow: draft == nil ? .uriTooLong : .headersTooLarge)
            guard let line else { return 0 }
            if draft == nil {
                // RFC 9112 §2.2: an empty line before a request may be passed over. One, and no more.
                if line.isEmpty, lines.start == 2 { continue }
                var head = RequestHead()
                try head.readRequestLine(line)
                draft = head
            } else if !line.isEmpty {
                try draft?.readField(line)
            } else if var head = draft {
                let body = try head.finish()
                self.head = head
                hasHead = true
                stage =
                    switch body {
                    case .none: .whole
                    case .length(let length): .body(left: length)
                    case .chunked: .chunks(ChunkedBody())
                    }
                return lines.start
            }
        }
    }
}
