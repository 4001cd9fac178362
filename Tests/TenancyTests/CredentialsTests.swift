import Testing

@testable import Tenancy

@Suite struct CredentialsTests {
    private static let good = APIKey.Credentials().text

    @Test func whatIsIssuedIsRead() throws {
        let made = APIKey.Credentials()
        let read = try #require(APIKey.Credentials(made.text))
        #expect(read.id == made.id && read.secret == made.secret && read.secretHash == made.secretHash)
        #expect(made.text.wholeMatch(of: /pk_live_[0-9a-z]{26}\.sk_live_[0-9A-Za-z]{39}/) != nil, "\(made.text.count)")
        #expect(APIKey.Credentials().secret != made.secret)
    }

    private static let cut: [String] = [
        "", ".", "..", "pk_live_", "pk_live_.sk_live_", String(good.dropLast()), String(good.dropFirst()), good.replacing(".", with: ""),
    ]
    private static let added: [String] = ["a", ".", " ", "\n", "\u{0}", "\u{FEFF}", "\u{301}", "é", ",", "." + good].flatMap {
        [good + $0, $0 + good]
    }
    private static let altered: [String] = [
        good.uppercased(), good.lowercased() + "0", good.replacing(".", with: ".."), good.replacing(".", with: "\u{0}."),
        good.replacing("sk_", with: "pk_"), good.replacing("live", with: "test"), good.replacing("sk_live_", with: "sk_live_é"),
        good.replacing("_", with: "\u{FF3F}"), "Bearer " + good, "Bearer Bearer " + good, good.dropLast(1) + "é",
        good.dropLast(2) + "e\u{301}",
        "pk_live_" + String(repeating: "z", count: 26) + good.drop { $0 != "." },
    ]
    private static let other: [String] = [
        String(repeating: "a", count: 1 << 20), "pk_live_é.sk_live_é", "%00", "' OR 1=1 --", "{}", "null",
    ]

    /// What scanners and mistyping make of a key, and what attackers try.
    @Test(arguments: cut + added + altered + other)
    func whateverCannotHaveBeenIssuedIsNotRead(text: String) {
        #expect(APIKey.Credentials(text) == nil)
    }

    @Test func anySingleWrongCharacterOfTheSecretIsSeen() {
        let text = Array(Self.good.utf8)
        let start = text.count - 39
        for index in start..<text.count {
            var wrong = text
            wrong[index] = wrong[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            #expect(APIKey.Credentials(String(decoding: wrong, as: UTF8.self)) == nil, "\(index - start)")
        }
    }
}
