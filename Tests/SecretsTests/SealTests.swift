import Testing

@testable import Secrets

@Suite("Sealing secrets")
struct SealTests {
    private let place = ["org_1", "jobs", "headers", "job_1"]
    private func key(_ byte: UInt8) throws -> Seal.Key { try Seal.Key([UInt8](repeating: byte, count: 32)) }

    /// Cases 13, 14 and 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), which NIST's validation suite took over.
    @Test(arguments: [
        (String(repeating: "00", count: 32), String(repeating: "00", count: 12), "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        (
            String(repeating: "00", count: 32), String(repeating: "00", count: 12), String(repeating: "00", count: 16), "",
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        ),
        (
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ])
    func theCipherIsNISTs(key: String, nonce: String, plain: String, context: String, sealed: String) throws {
        let (key, nonce) = (try #require(Hex.decode(key)), try #require(Hex.decode(nonce)))
        let (plain, context) = (try #require(Hex.decode(plain)), try #require(Hex.decode(context)))
        let result = AESGCM.encrypt(plain, key: key, nonce: nonce, authenticating: context)
        #expect(Hex.encode(result) == sealed)
        #expect(AESGCM.decrypt(result[...], key: key, nonce: nonce, authenticating: context) == plain)
    }

    @Test func whatIsSealedOpensInItsPlaceOnly() throws {
        let seal = try Seal(keys: [key(1)])
        for plain in [[], Array("Bearer secret".utf8), [UInt8](repeating: 7, count: 100_000)] {
            let envelope = try seal.seal(plain, in: place)
            #expect(envelope.count == plain.count + 33)
            #expect(try seal.open(envelope, in: place) == plain)
            #expect(throws: SealError.altered) { try seal.open(envelope, in: ["org_2", "jobs", "headers", "job_1"]) }
            #expect(throws: SealError.altered) { try seal.open(envelope, in: []) }
        }
    }

    @Test func partsOfAPlaceDoNotRunTogether() throws {
        let seal = try Seal(keys: [key(1)])
        let envelope = try seal.seal([1], in: ["ab", "c"])
        #expect(throws: SealError.altered) { try seal.open(envelope, in: ["a", "bc"]) }
        #expect(throws: SealError.altered) { try seal.open(envelope, in: ["abc"]) }
    }

    @Test func everyChangedByteIsNoticed() throws {
        let seal = try Seal(keys: [key(1)])
        let envelope = try seal.seal(Array("Bearer secret".utf8), in: place)
        for index in envelope.indices {
            var changed = envelope
            changed[index] ^= 1
            let expected: SealError = index == 0 ? .notAnEnvelope : index < 5 ? .unknownKey(id: Hex.encode(changed[1..<5])) : .altered
            #expect(throws: expected) { try seal.open(changed, in: place) }
        }
    }

    @Test func everyCutIsNoticed() throws {
        let seal = try Seal(keys: [key(1)])
        let envelope = try seal.seal(Array("Bearer secret".utf8), in: place)
        for length in envelope.indices {
            #expect(throws: length < 33 ? SealError.notAnEnvelope : .altered) { try seal.open(Array(envelope[..<length]), in: place) }
        }
        #expect(throws: SealError.altered) { try seal.open(envelope + [0], in: place) }
    }

    @Test func keysRotate() throws {
        let old = try Seal(keys: [key(1)])
        let both = try Seal(keys: [key(2), key(1)])
        let new = try Seal(keys: [key(2)])
        let before = try old.seal([42], in: place)
        #expect(try both.open(before, in: place) == [42])
        #expect(try both.isOutdated(before))
        let after = try both.seal([42], in: place)
        #expect(try !both.isOutdated(after))
        #expect(try new.open(after, in: place) == [42])
        #expect(throws: SealError.unknownKey(id: try key(1).id)) { try new.open(before, in: place) }
        #expect(throws: SealError.unknownKey(id: try key(1).id)) { try new.isOutdated(before) }
    }

    @Test func badKeysAreRefusedAtOnce() throws {
        #expect(throws: SealError.noKey) { try Seal(keys: []) }
        #expect(throws: SealError.keyLength(31)) { try Seal.Key([UInt8](repeating: 1, count: 31)) }
        let same = try key(1)
        #expect(throws: SealError.sameKey(id: same.id)) { try Seal(keys: [same, key(2), same]) }
    }

    @Test func noNonceRepeats() throws {
        let seal = try Seal(keys: [key(1)])
        let nonces = try (0..<20_000).map { _ in Array(try seal.seal([], in: [])[5..<17]) }
        #expect(Set(nonces).count == nonces.count)
    }

    @Test func anErrorHoldsNoSecret() throws {
        let error = try #require(throws: SealError.self) { try Seal.Key(Array("hunter2".utf8)) }
        #expect(!"\(error)".contains("hunter2"))
        #expect(!"\(try key(0x41).id)".contains("41414141"))
    }
}
