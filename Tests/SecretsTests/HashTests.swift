import Secrets
import Testing

@Suite("SHA-256 and HMAC")
struct HashTests {
    /// The examples of FIPS 180-4 (its long message is the next test).
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256GivesNISTsDigests(message: String, digest: String) {
        #expect(Hex.encode(Hash.sha256(message.utf8)) == digest)
        #expect(Hex.encode(Hash.sha256(AnySequence(message.utf8))) == digest)
    }

    @Test func sha256TakesAMillionBytes() {
        let digest = Hash.sha256(repeatElement(UInt8(ascii: "a"), count: 1_000_000))
        #expect(Hex.encode(digest) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// RFC 4231, cases 1–4, 6 and 7.
    @Test(arguments: [
        (
            String(repeating: "0b", count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Hex.encode("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 20), [UInt8](repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            "0102030405060708090a0b0c0d0e0f10111213141516171819", [UInt8](repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            String(repeating: "aa", count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            String(repeating: "aa", count: 131),
            Array(
                "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."
                    .utf8),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ])
    func hmacGivesTheDigestsOfRFC4231(key: String, message: [UInt8], digest: String) throws {
        #expect(Hex.encode(HMAC.sha256(message, key: try #require(Hex.decode(key)))) == digest)
    }

    @Test func anEmptyKeyAndAnEmptyMessageHaveADigestAndKeepNothingOfTheLastKey() {
        let digest = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        _ = HMAC.sha256([1, 2, 3], key: [4, 5, 6])
        #expect(Hex.encode(HMAC.sha256([], key: [])) == digest)
    }

    @Test func comparingInConstantTimeIsComparing() {
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEquals([1, 2, 3], [0, 2, 3]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2]))
        #expect(!constantTimeEquals([], [0]))
    }

    @Test func randomBytesDoNotRepeat() {
        let drawn = (0..<10_000).map { _ in RandomBytes.make(16) }
        #expect(Set(drawn).count == drawn.count)
        #expect(drawn.allSatisfy { $0.count == 16 })
        #expect(Set(drawn.map { $0[0] }).count == 256)
        #expect(RandomBytes.make(0) == [])
    }
}
