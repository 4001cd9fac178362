/// The decoding half of RFC 3492, to know whether an `xn--` label stands for anything.
enum Punycode {
    /// The characters that `label` (without its `xn--`) stands for; nil when it is not Punycode.
    static func decode(_ label: some Collection<UInt8>) -> [Unicode.Scalar]? {
        var output: [Unicode.Scalar] = []
        var rest = Array(label)[...]
        if let hyphen = rest.lastIndex(of: UInt8(ascii: "-")) {
            output = rest[..<hyphen].map { Unicode.Scalar($0) }
            rest = rest[(hyphen + 1)...]
        }
        var code: UInt32 = 128
        var index = 0
        var bias = 72
        while !rest.isEmpty {
            let start = index
            guard let delta = readNumber(from: &rest, bias: bias) else { return nil }
            index += delta
            bias = adapted(index - start, count: output.count + 1, first: start == 0)
            let (next, overflow) = code.addingReportingOverflow(UInt32(clamping: index / (output.count + 1)))
            guard !overflow, let scalar = Unicode.Scalar(next) else { return nil }
            code = next
            index %= output.count + 1
            output.insert(scalar, at: index)
            index += 1
        }
        return output
    }

    /// One number of variable length to the base 36; nil at a wrong digit, at the end, and beyond 32 bits.
    private static func readNumber(from digits: inout ArraySlice<UInt8>, bias: Int) -> Int? {
        var number = 0
        var weight = 1
        var position = 36
        while let character = digits.popFirst() {
            guard let digit = value(of: character) else { return nil }
            number += digit * weight
            let threshold = min(26, max(1, position - bias))
            guard number <= Int(Int32.max) else { return nil }
            if digit < threshold { return number }
            weight *= 36 - threshold
            guard weight <= Int(Int32.max) else { return nil }
            position += 36
        }
        return nil
    }

    private static func value(of character: UInt8) -> Int? {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(character - UInt8(ascii: "a"))
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character - UInt8(ascii: "0")) + 26
        default: nil
        }
    }

    private static func adapted(_ delta: Int, count: Int, first: Bool) -> Int {
        var delta = first ? delta / 700 : delta / 2
        delta += delta / count
        var steps = 0
        while delta > 455 {
            delta /= 35
            steps += 36
        }
        return steps + 36 * delta / (delta + 38)
    }
}
