import Foundation
import Testing

@testable import Prikke

@Suite struct ConfigurationTests {
    private static let production = [
        "PRIKKE_ENV": "production", "PRIKKE_HOST": "prikke.example", "SECRET_KEY_BASE": String(repeating: "0123456789abcdef", count: 4),
        "DATABASE_URL": "postgresql://prikke@db/prikke",
    ]

    /// What is wrong with an environment, one sentence each.
    private func mistakes(_ values: [String: String]) -> [String] {
        do throws(Configuration.Mistakes) {
            _ = try Configuration(values)
            return []
        } catch {
            return error.list
        }
    }

    @Test func anEmptyEnvironmentIsEnoughInDevelopment() throws {
        let configuration = try Configuration([:])
        #expect(configuration.stage == .development)
        #expect(configuration.siteURL == "http://127.0.0.1:4000")
        #expect(configuration.databaseURL == nil)
        #expect(configuration.dataFolder == ".prikke")
    }

    @Test func aSettingThatIsEmptyIsNotSet() throws {
        #expect(try Configuration(["PORT": "", "PRIKKE_ENV": "", "DATABASE_URL": ""]).port == 4000)
    }

    @Test func allMistakesAreNamedAtOnce() {
        let wrong = [
            "PRIKKE_ENV": "staging", "PRIKKE_ROLE": "boss", "PORT": "66000", "PRIKKE_HOST": "https://prikke.example",
            "PRIKKE_ALLOW_NETWORKS": "10.0.0.0/8,everywhere", "PRIKKE_DENY_PORTS": "0", "PRIKKE_HOST_CONCURRENCY": "-1",
            "PRIKKE_WORKERS_MAX": "many", "PRIKKE_DENY_HOSTS": "192.0.2.1", "PRIKKE_CONNECTIONS_PER_ADDRESS": "-1",
            "PRIKKE_TRUSTED_PROXIES": "10.0.0.1/8",
            "DATABASE_URL": "mysql", "PRIKKE_RATE_LIMIT": "-1", "SECRET_KEY_BASE": "short", "MAIL_FROM_ADDRESS": "Prikke <a@b.example>",
            "MAIL_FROM_NAME": "a\nb",
        ]
        let named = mistakes(wrong).compactMap { $0.split { $0 == ":" || $0 == " " }.first.map(String.init) }
        #expect(named.sorted() == wrong.keys.sorted())
    }

    @Test(arguments: ["PRIKKE_HOST", "SECRET_KEY_BASE", "DATABASE_URL"])
    func productionDemands(_ name: String) {
        #expect(mistakes(Self.production).isEmpty)
        let found = mistakes(Self.production.filter { $0.key != name })
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("\(name) is needed in production") == true)
    }

    @Test func mailComesFromWhomTheOperatorNames() throws {
        #expect(try Configuration([:]).mail.sender == .development)
        let sender = try Configuration(["MAIL_FROM_ADDRESS": "Hello@Acme.example", "MAIL_FROM_NAME": "Acme jobs"]).mail.sender
        #expect(sender.address == "hello@acme.example" && sender.name == "Acme jobs")
    }

    private static let mailjet = [
        "MAILJET_API_KEY": "0123", "MAILJET_SECRET_KEY": "4567", "MAIL_FROM_ADDRESS": "prikke@acme.example",
        "MAILJET_WEBHOOK_USER": "mailjet", "MAILJET_WEBHOOK_PASSWORD": "secret",
    ]

    @Test(arguments: ["MAILJET_API_KEY", "MAILJET_SECRET_KEY", "MAIL_FROM_ADDRESS", "MAILJET_WEBHOOK_USER", "MAILJET_WEBHOOK_PASSWORD"])
    func whatMailjetNeedsIsWholeOrNotThere(_ name: String) throws {
        #expect(try Configuration(Self.mailjet).mail.mailjet != nil && Configuration([:]).mail.mailjet == nil)
        let found = mistakes(Self.mailjet.filter { $0.key != name })
        #expect(found.count == 1 && found.first?.hasPrefix("\(name) is needed") == true, "\(found)")
    }

    @Test func whatMailjetIsGivenWronglyIsNamedAtOnceAndNotTold() {
        let wrong = [
            "MAILJET_API_KEY": "hunter2 x", "MAILJET_SECRET_KEY": "hunter2", "MAIL_FROM_ADDRESS": "prikke@localhost",
            "MAILJET_API_URL": "http://hunter2.example", "MAILJET_WEBHOOK_USER": "hunter2:x", "MAILJET_WEBHOOK_PASSWORD": "hunter2",
        ]
        let found = mistakes(wrong)
        #expect(
            Set(found.map { String($0.prefix { $0 != ":" && $0 != " " }) })
                == ["MAILJET_API_KEY", "MAIL_FROM_ADDRESS", "MAILJET_API_URL", "MAILJET_WEBHOOK_USER"])
        #expect(!found.joined().contains("hunter2"))
    }

    @Test func plainHTTPIsForThisMachineInDevelopment() throws {
        let url = ["MAILJET_API_URL": "http://127.0.0.1:8025/"]
        #expect(mistakes(url).isEmpty)
        #expect(mistakes(Self.production.merging(url) { $1 }).first?.hasPrefix("MAILJET_API_URL: use https") == true)
    }

    @Test(arguments: [String(repeating: "k", count: 64), String(repeating: "changeme", count: 20)])
    func productionRefusesAKeyThatCanBeGuessed(_ key: String) {
        var values = Self.production
        values["SECRET_KEY_BASE"] = key
        #expect(mistakes(values).count == 1)
        #expect(mistakes(values).first?.hasPrefix("SECRET_KEY_BASE: this can be guessed") == true)
        values["PRIKKE_ENV"] = "development"
        #expect(mistakes(values).isEmpty)
    }

    @Test func keysOfBeforeAreAList() throws {
        let (a, b) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
        #expect(try Configuration(["SECRET_KEY_BASE_PREVIOUS": "\(a), \(b)"]).previousKeyBases == [a, b])
        #expect(mistakes(["SECRET_KEY_BASE_PREVIOUS": "\(a),hunter2"]).count == 1)
        #expect(!mistakes(["SECRET_KEY_BASE_PREVIOUS": "\(a),hunter2"]).joined().contains("hunter2"))
    }

    @Test func theNewKeySealsAndThoseOfBeforeOpen() throws {
        let (new, old) = (String(repeating: "n", count: 64), String(repeating: "o", count: 64))
        let before = try SecretKey.seal(Configuration(["SECRET_KEY_BASE": old]))
        let now = try SecretKey.seal(Configuration(["SECRET_KEY_BASE": new, "SECRET_KEY_BASE_PREVIOUS": "\(old),\(new)"]))
        #expect(now.keyIDs == [now.newestKeyID, before.newestKeyID])
        #expect(try now.open(before.seal([1], in: ["x"]), in: ["x"]) == [1])
    }

    @Test func productionTakesADataFolderThatWasNamedInsteadOfADatabase() {
        var values = Self.production
        values["DATABASE_URL"] = nil
        values["PRIKKE_DATA_DIR"] = "/var/lib/prikke"
        #expect(mistakes(values).isEmpty)
    }

    @Test func aSecretIsReadFromTheFileThatIsNamed() throws {
        let file = NSTemporaryDirectory() + "prikke-secret-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let secret = String(repeating: "s", count: 64)
        try Data("\(secret)\n".utf8).write(to: URL(fileURLWithPath: file))
        #expect(try Configuration(["SECRET_KEY_BASE_FILE": file]).secretKeyBase == secret)
        #expect(mistakes(["SECRET_KEY_BASE": secret, "SECRET_KEY_BASE_FILE": file]).count == 1)
    }

    @Test func aSecretsFileThatCannotBeReadIsAMistake() {
        #expect(mistakes(["DATABASE_URL_FILE": "/nowhere/url"]) == ["DATABASE_URL_FILE: the file cannot be read."])
    }

    @Test func noMistakeTellsASecret() {
        let secrets = ["SECRET_KEY_BASE": "hunter2", "DATABASE_URL": "mysql://root:hunter2@db"]
        let found = mistakes(secrets)
        #expect(found.count == secrets.count)
        #expect(!found.contains { $0.contains("hunter2") })
    }
}
