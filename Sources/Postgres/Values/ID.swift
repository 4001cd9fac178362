import Time

/// What has an `ID` of its own, such as a job.
public protocol Identified {
    /// Stands before its ids when they are written: "job" for `job_01jd…`. Lower-case letters.
    static var prefix: String { get }
}

/// Names one thing of its kind: a UUID of version 7 (RFC 9562), so that ids made later sort later and, in an index, land
/// next to each other. Stored as `uuid`; written as the kind's prefix, an underscore and the 128 bits as 26 characters of
/// Crockford's base 32 in lower case.
public struct ID<Of: Identified>: Hashable, Sendable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    /// A new id that carries this moment.
    public init() { self.init(at: .now()) }

    /// A new id that carries the millisecond of `instant` (0 if it is before 1970) and 74 random bits.
    public init(at instant: Timestamp) {
        let milliseconds = UInt64(max(0, instant.microseconds) / 1000) & 0xffff_ffff_ffff
        high = milliseconds << 16 | 0x7000 | UInt64.random(in: 0...0xfff)
        low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3fff_ffff_ffff_ffff)
    }

    /// Reads what `text` writes; nil for anything else: another prefix, another length, capitals, letters that are not in
    /// the alphabet (i, l, o, u), or more than 128 bits.
    public init?(_ text: String) {
        let utf8 = Array(text.utf8)
        let prefix = Array(Of.prefix.utf8)
        guard utf8.count == prefix.count + 27, utf8.starts(with: prefix), utf8[prefix.count] == UInt8(ascii: "_") else { return nil }
        var (high, low) = (UInt64(0), UInt64(0))
        for (index, character) in utf8[(prefix.count + 1)...].enumerated() {
            guard let digit = Base32.digit(of: character), index > 0 || digit < 8 else { return nil }
            high = high << 5 | low >> 59
            low = low << 5 | UInt64(digit)
        }
        (self.high, self.low) = (high, low)
    }

    /// `job_01jd…`: what `init(_:)` reads.
    public var text: String {
        var digits = [UInt8](repeating: 0, count: 26)
        var (high, low) = (high, low)
        for index in digits.indices.reversed() {
            digits[index] = Base32.alphabet[Int(low & 31)]
            low = low >> 5 | high << 59
            high >>= 5
        }
        return Of.prefix + "_" + String(decoding: digits, as: UTF8.self)
    }

    public var description: String { text }

    /// The 16 bytes of the UUID.
    public var bytes: [UInt8] { [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * $0)) } } }

    /// Its 128 bits as 32 hexadecimal digits: the UUID as Postgres writes it, without the hyphens.
    public var hex: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }

    /// Reads what `hex` writes; nil for anything else.
    public init?(hex: some StringProtocol) {
        guard hex.utf8.count == 32, hex.utf8.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }),
            let high = UInt64(hex.prefix(16), radix: 16), let low = UInt64(hex.suffix(16), radix: 16)
        else { return nil }
        (self.high, self.low) = (high, low)
    }

    /// The millisecond the id carries.
    public var instant: Timestamp { Timestamp(microseconds: Int64(high >> 16) * 1000) }
}

extension ID: Comparable {
    public static func < (first: ID, second: ID) -> Bool { (first.high, first.low) < (second.high, second.low) }
}

extension ID: PostgresEncodable, PostgresDecodable, PostgresArrayElement, PostgresArrayDecodable {
    public static var postgresType: PostgresType { .uuid }

    public func encode(into encoder: inout PostgresEncoder) {
        encoder.write(high)
        encoder.write(low)
    }

    public static func decode(_ value: PostgresValue) throws(PostgresError) -> ID {
        let bytes = try value.content(.uuid, as: Self.self)
        guard bytes.count == 16 else { throw .decoding("\(bytes.count) bytes cannot be read as an id") }
        return ID(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    private init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }
}

private enum Base32 {
    static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    private static let digits: [UInt8?] = {
        var digits = [UInt8?](repeating: nil, count: 256)
        for (digit, character) in alphabet.enumerated() { digits[Int(character)] = UInt8(digit) }
        return digits
    }()

    static func digit(of character: UInt8) -> UInt8? { digits[Int(character)] }
}
