/// The contents of one compiled zone file (TZif, RFC 9636): each change of offset, and the rule that holds afterwards.
///
/// Read here and not through Foundation, because Foundation carries zone data of its own, as old as its release, and a
/// government's decision reaches a server as a system package within days.
struct ZoneFile {
    var segments: [ZoneSegment] = []
    var rule: YearlyRule?

    /// Nil if the bytes are not a zone file of version 2 or later, or count leap seconds (as the folder `right` does).
    init?(_ bytes: [UInt8]) {
        // The first block has 32-bit times for readers of before 2005; the second says the same with 64 bits.
        guard let old = Header(bytes, at: 0), let new = Header(bytes, at: old.end(timeSize: 4)), new.leapSeconds == 0, new.types > 0 else {
            return nil
        }
        let (times, kinds) = (new.body, new.body + new.times * 8)
        let types = kinds + new.times
        let footer = new.end(timeSize: 8)
        guard footer <= bytes.count else { return nil }

        func offset(ofType type: Int) -> Int64? {
            guard type < new.types else { return nil }
            let seconds = Int64(Int32(truncatingIfNeeded: bigEndian(bytes, at: types + type * 6, size: 4)))
            return -93_599...93_599 ~= seconds ? seconds : nil  // RFC 9636 §3.2: between -25 h and 26 h
        }

        guard let first = offset(ofType: 0) else { return nil }
        segments = [ZoneSegment(from: ZoneSegment.always.lowerBound, until: ZoneSegment.always.upperBound, offset: first, seenUntil: .min)]
        for index in 0..<new.times {
            let time = bigEndian(bytes, at: times + index * 8, size: 8)
            guard let offset = offset(ofType: Int(bytes[kinds + index])), begin(time, offset: offset) else { return nil }
        }
        guard addRule(bytes[footer...]) else { return nil }
    }

    /// Ends the last segment and begins the next. False if the times do not rise.
    private mutating func begin(_ time: Int64, offset: Int64) -> Bool {
        let last = segments.count - 1
        guard time < ZoneSegment.always.upperBound else { return false }
        if time <= ZoneSegment.always.lowerBound {
            segments[last].offset = offset
            return last == 0
        }
        guard time > segments[last].from else { return false }
        if segments[last].offset == offset { return true }  // only the abbreviation changed
        segments[last].until = time
        let seen = last == 0 ? .min : segments[last].seenUntil
        segments.append(
            ZoneSegment(
                from: time, until: ZoneSegment.always.upperBound, offset: offset, seenUntil: max(seen, time + segments[last].offset)))
        return true
    }

    /// The footer is a line between two newlines. It may be empty: then the last offset holds for ever.
    private mutating func addRule(_ footer: ArraySlice<UInt8>) -> Bool {
        guard footer.first == 10, let end = footer.dropFirst().firstIndex(of: 10) else { return false }
        let text = footer[(footer.startIndex + 1)..<end]
        if text.isEmpty { return true }
        guard let zone = PosixZone(text) else { return false }
        rule = zone.rule
        if let rule {
            let last = segments.count - 1
            segments[last].until = rule.segment(containing: max(segments[last].from, -62_135_596_800)).until
        }
        return true
    }
}

/// The six counts at the head of a block, and where they put its end.
private struct Header {
    let body: Int
    let times: Int
    let types: Int
    let leapSeconds: Int
    private let abbreviationBytes: Int
    private let indicators: Int

    init?(_ bytes: [UInt8], at start: Int) {
        guard start >= 0, bytes.count - start >= 44, bytes[start..<start + 4].elementsEqual("TZif".utf8),
            bytes[start + 4] >= UInt8(ascii: "2")
        else { return nil }
        let counts = (0..<6).map { Int(bigEndian(bytes, at: start + 20 + $0 * 4, size: 4)) }
        guard counts.allSatisfy({ $0 <= 1 << 20 }) else { return nil }
        body = start + 44
        (indicators, leapSeconds, times, types, abbreviationBytes) = (counts[0] + counts[1], counts[2], counts[3], counts[4], counts[5])
    }

    func end(timeSize: Int) -> Int {
        body + times * (timeSize + 1) + types * 6 + abbreviationBytes + leapSeconds * (timeSize + 4) + indicators
    }
}

private func bigEndian(_ bytes: [UInt8], at start: Int, size: Int) -> Int64 {
    Int64(bitPattern: bytes[start..<start + size].reduce(0) { $0 << 8 | UInt64($1) })
}
