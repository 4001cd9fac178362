import Secrets
import Testing

@Suite("Bytes as text")
struct TextTests {
    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func base64IsTheRFCs(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
        #expect(Base64.decode(String(text.prefix { $0 != "=" })) == Array(plain.utf8))
    }

    @Test func base64OfEveryByteComesBack() {
        let bytes = (0...255).map(UInt8.init)
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        #expect(Base64.encode([0xFB, 0xEF, 0xBE, 0xFF]) == "++++/w==")
    }

    @Test(arguments: ["Z", "Zg=", "Zg===", "====", "=", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm-_", "Zg==Zg==", "Zm9vé"])
    func textThatIsNotBase64IsRefused(text: String) { #expect(Base64.decode(text) == nil) }

    @Test func hexIsReadInEitherCaseAndWrittenInLower() {
        #expect(Hex.encode([0x00, 0x0F, 0xF0, 0xAB]) == "000ff0ab")
        #expect(Hex.decode("000FF0aB") == [0x00, 0x0F, 0xF0, 0xAB])
        #expect(Hex.decode("") == [])
        #expect(Hex.decode("0") == nil)
        #expect(Hex.decode("0g") == nil)
        #expect(Hex.decode("+1") == nil)
    }

    @Test(arguments: [1, 2, 8, 16, 20, 24, 32, 64])
    func base62HasOneWidthForSoManyBytes(count: Int) {
        let extremes = [[UInt8](repeating: 0, count: count), [UInt8](repeating: 255, count: count)]
        for bytes in extremes + [RandomBytes.make(count), [0] + RandomBytes.make(count - 1)] {
            let text = Base62.encode(bytes)
            #expect(text.utf8.count == Base62.width(ofBytes: count))
            #expect(Base62.decode(text, count: count) == bytes)
        }
    }

    @Test func base62IsTheNumberToTheBase62() {
        #expect(Base62.encode([]) == "")
        #expect(Base62.encode([61]) == "0z")
        #expect(Base62.encode([62]) == "10")
        #expect(Base62.encode([0, 62]) == "010")
        #expect(Base62.encode([1, 0]) == "048")
        #expect(Base62.width(ofBytes: 24) == 33)
    }

    @Test(arguments: ["", "0", "000", "-1", "48", "zz", "é"])
    func textThatIsNotOneByteOfBase62IsRefused(text: String) { #expect(Base62.decode(text, count: 1) == nil) }
}
