/// Encrypts what must not be readable in a dump of the database: AES-256-GCM under the newest of several keys, bound to
/// the place where it is kept, so that a value moved to another row or tenant does not open there.
///
/// Envelope, version 1: one byte of version · four of key id · twelve of nonce · cipher text · sixteen of tag.
/// The nonce is random; NIST SP 800-38D §8.3 allows 2³² of them a key, which is what rotation has to keep to.
public struct Seal: Sendable {
    /// A key of 32 random bytes. Its id is taken from its own hash: no operator can mislabel one, and a key found in
    /// two configurations is known for the same.
    public struct Key: Sendable, Equatable {
        fileprivate let bytes: [UInt8]
        fileprivate let idBytes: [UInt8]

        /// Eight hexadecimal digits that name the key in errors and reports; they say nothing of its bytes.
        public var id: String { Hex.encode(idBytes) }

        /// Throws `SealError.keyLength` unless there are exactly 32 bytes.
        public init(_ bytes: [UInt8]) throws(SealError) {
            guard bytes.count == AESGCM.keyLength else { throw .keyLength(bytes.count) }
            self.bytes = bytes
            idBytes = Array(Hash.sha256(Array("prikke seal key".utf8) + bytes).prefix(4))
        }
    }

    private static let version: UInt8 = 1
    private static let headLength = 5
    private static let largest = 1 << 30

    private let newest: Key
    private let keys: [Key]

    /// The first of `keys` seals; all of them open. Throws `noKey` when there is none and `sameKey` when two are alike.
    public init(keys: [Key]) throws(SealError) {
        guard let newest = keys.first else { throw .noKey }
        for (index, key) in keys.enumerated() where keys[..<index].contains(where: { $0.idBytes == key.idBytes }) {
            throw .sameKey(id: key.id)
        }
        self.newest = newest
        self.keys = keys
    }

    /// The id of the key that seals.
    public var newestKeyID: String { newest.id }

    /// The ids of all keys that open, the newest first.
    public var keyIDs: [String] { keys.map(\.id) }

    /// An envelope around `plain`, which opens only with the same `place`: say organization, table, column and row.
    /// Throws `tooLong` over 1 GiB.
    public func seal(_ plain: [UInt8], in place: [String]) throws(SealError) -> [UInt8] {
        guard plain.count <= Self.largest else { throw .tooLong }
        let head = [Self.version] + newest.idBytes
        let nonce = RandomBytes.make(AESGCM.nonceLength)
        let context = Self.authenticated(head: head, place: place)
        return head + nonce + AESGCM.encrypt(plain, key: newest.bytes, nonce: nonce, authenticating: context)
    }

    /// What was sealed in this `place`. Throws `notAnEnvelope` for bytes that are none (or too few), `unknownKey` when
    /// its key is not among ours, and `altered` when it was changed, cut, or sealed for another place.
    public func open(_ envelope: [UInt8], in place: [String]) throws(SealError) -> [UInt8] {
        let key = try key(of: envelope)
        let head = Array(envelope.prefix(Self.headLength))
        let nonce = Array(envelope[Self.headLength..<Self.headLength + AESGCM.nonceLength])
        let sealed = envelope[(Self.headLength + AESGCM.nonceLength)...]
        let context = Self.authenticated(head: head, place: place)
        guard let plain = AESGCM.decrypt(sealed, key: key.bytes, nonce: nonce, authenticating: context) else { throw .altered }
        return plain
    }

    /// Whether `envelope` was sealed with an older key and should be opened and sealed again, so that the old key can
    /// be thrown away. Throws as `open` does when no key of ours fits.
    public func isOutdated(_ envelope: [UInt8]) throws(SealError) -> Bool { try key(of: envelope) != newest }

    /// The id of the key that sealed an envelope, whether it is ours or not; nil for what is none.
    public static func keyID(of envelope: [UInt8]) -> String? {
        guard envelope.count >= headLength + AESGCM.nonceLength + AESGCM.tagLength, envelope[0] == version else { return nil }
        return Hex.encode(Array(envelope[1..<headLength]))
    }

    private func key(of envelope: [UInt8]) throws(SealError) -> Key {
        let shortest = Self.headLength + AESGCM.nonceLength + AESGCM.tagLength
        guard (shortest...shortest + Self.largest).contains(envelope.count), envelope[0] == Self.version else { throw .notAnEnvelope }
        let id = Array(envelope[1..<Self.headLength])
        guard let key = keys.first(where: { $0.idBytes == id }) else { throw .unknownKey(id: Hex.encode(id)) }
        return key
    }

    /// Each part with its length before it: `["ab", "c"]` and `["a", "bc"]` are different places.
    private static func authenticated(head: [UInt8], place: [String]) -> [UInt8] {
        place.reduce(into: head) { bytes, part in
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: part.utf8.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: part.utf8)
        }
    }
}

/// Why something could not be sealed or opened. Holds neither key nor content.
public enum SealError: Error, Sendable, Equatable, CustomStringConvertible {
    case noKey, keyLength(Int), sameKey(id: String), tooLong, notAnEnvelope, unknownKey(id: String), altered

    /// One sentence for the operator.
    public var description: String {
        switch self {
        case .noKey: "There is no key to seal secrets with."
        case .keyLength(let count): "A key for sealing secrets must be 32 bytes long; this one has \(count)."
        case .sameKey(let id): "The key \(id) for sealing secrets is given twice."
        case .tooLong: "Too long to be sealed: at most 1 GiB."
        case .notAnEnvelope: "This is not a sealed secret, or it was cut."
        case .unknownKey(let id): "This secret was sealed with the key \(id), which is not among the configured ones."
        case .altered: "This secret was altered, or sealed for another place."
        }
    }
}
