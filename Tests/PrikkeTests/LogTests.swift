import JSON
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Prikke
@testable import Tenancy

/// A whole story, with everything that can be logged: no line of it, and no error's answer, holds anything that lets somebody in.
@Suite(.database, .serialized, .timeLimit(.minutes(2))) struct LogTests {
    /// All that is logged, from trace up.
    private final class Lines: LogHandler {
        struct All: Sendable {
            private final class Box: Sendable { let lines = Mutex<[String]>([]) }
            private let box = Box()
            func add(_ line: String) { box.lines.withLock { $0.append(line) } }
            var text: String { box.lines.withLock { $0.joined(separator: "\n") } }
        }

        let all: All
        private let kept = Mutex<Logger.Metadata>([:])

        init(_ all: All, _ metadata: Logger.Metadata = [:]) {
            self.all = all
            kept.withLock { $0 = metadata }
        }

        var logLevel: Logger.Level {
            get { .trace }
            set {}
        }
        var metadata: Logger.Metadata {
            get { kept.withLock { $0 } }
            set { kept.withLock { $0 = newValue } }
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { kept.withLock { $0[key] = newValue } }
        }

        func log(event: LogEvent) {
            all.add("\(event.level) \(event.message) \(metadata.merging(event.metadata ?? [:]) { $1 })")
        }
    }

    /// What was seen on the way that nobody else may see.
    private struct Secrets {
        var all: [String] = []
        mutating func add(_ text: String?) { if let text, text.utf8.count >= 6 { all.append(text) } }
        mutating func add(_ caller: Caller) { for text in [caller.session, caller.browser, caller.key] { add(text) } }
    }

    @Test func nothingThatLetsAnybodyInIsLogged() async throws {
        let lines = Lines.All()
        var logger = Logger(label: "tests") { _ in Lines(lines) }
        logger.logLevel = .trace
        try await House.open(logger: logger) { house in
            var secrets = Secrets()
            var errors: [Answer] = []
            try await tell(house, &secrets, &errors)
            #expect(secrets.all.count > 15)
            let log = lines.text
            for fact in [
                "sign-in asked", "signed in", "invite sent", "api key made", "api key rotated", "signing secret made", "signed out",
            ] {
                #expect(log.contains(fact), "the story is told: \(fact)")
            }
            #expect(errors.count > 15 && errors.allSatisfy { (400..<600).contains($0.status) })
            for secret in secrets.all {
                #expect(!log.contains(secret), "in the log: \(secret.prefix(12))…")
                for answer in errors {
                    #expect(!answer.text.contains(secret), "in an answer \(answer.status): \(secret.prefix(12))…")
                    #expect(!answer.fields.contains { $0.name != "set-cookie" && $0.value.contains(secret) })
                }
            }
        }
    }

    private func tell(_ house: House, _ secrets: inout Secrets, _ errors: inout [Answer]) async throws {
        // Alice signs up, and in again on another browser, with the code.
        var alice = Caller(name: "Alice")
        _ = await house.send(alice.call("POST", "/users/register", [("email", "alice@example.com"), ("organization", "Acme")]))
        let link = try await house.path(of: .signIn, to: "alice@example.com")
        secrets.add(String(link.split(separator: "/").last ?? ""))
        alice.session = await house.send(alice.call("POST", link)).cookie("session")
        secrets.add(alice)
        var telephone = Caller(name: "telephone")
        _ = await house.send(telephone.call("POST", "/users/log-in", [("email", "alice@example.com")]))
        let second = try await house.path(of: .signIn, to: "alice@example.com")
        let code = await house.send(alice.call("GET", second)).text.firstMatch(of: /<p class="code">(\d{6})</).map { String($0.1) }
        secrets.add(String(second.split(separator: "/").last ?? ""))
        errors.append(await house.send(telephone.call("POST", "/users/log-in/code", [("code", "000000")])))
        telephone.session = await house.send(telephone.call("POST", "/users/log-in/code", [("code", try #require(code))])).cookie("session")
        secrets.add(telephone)

        // She invites Bob, who joins.
        #expect(await house.send(alice.call("POST", "/acme/invites", [("email", "bob@example.com")])).status == 303)
        let invite = try await house.path(of: .invite, to: "bob@example.com")
        secrets.add(String(invite.split(separator: "/").last ?? ""))
        let bob = try await house.signIn("bob@example.com", in: Caller(name: "Bob"), next: invite).caller
        secrets.add(bob)
        secrets.add(String(try await house.path(of: .signIn, to: "bob@example.com").split(separator: "/").last ?? ""))
        #expect(await house.send(bob.call("GET", invite)).status == 200)
        #expect(await house.send(bob.call("POST", invite + "/accept")).location == "/acme")

        // She makes a key, rotates it, and uses both; then a signing secret.
        let fields = [("name", "Deploy"), ("scopes", "read"), ("scopes", "manage")]
        let made = await house.send(alice.call("POST", "/acme/keys", fields)).text
        let key = try #require(made.firstMatch(of: /pk_live_[^<]*/).map { String($0.0) })
        let id = try #require(
            await house.send(Caller(name: "key", key: key).call("GET", "/api/api-keys")).json["data"]?.array?.first?["id"]?.string)
        let rotated = await house.send(alice.call("POST", "/acme/keys/\(id)/rotate", [("overlap_hours", "1")])).text
        let newKey = try #require(rotated.firstMatch(of: /pk_live_[^<]*/).map { String($0.0) })
        for key in [key, newKey] { secrets.add(key.split(separator: ".").last.map(String.init)) }
        for text in [key, newKey] { #expect(await house.send(Caller(name: "key", key: text).call("GET", "/api/members")).status == 200) }
        let signing = await house.send(alice.call("POST", "/acme/settings/signing-secret")).text
        secrets.add(
            signing.firstMatch(of: /whsec_[^<]*/).map { String($0.0).replacing("&#x2F;", with: "/").replacing("&#x3D;", with: "=") })
        let program = Caller(name: "key", key: newKey)
        secrets.add(await house.send(program.call("POST", "/api/signing-secrets", json: "{}")).json["secret"]?.string)
        let again = await house.send(program.call("POST", "/api/api-keys/\(id)/rotate", json: "{}")).json["key"]?.string
        secrets.add(again?.split(separator: ".").last.map(String.init))

        // She changes her address, and takes it back.
        #expect(await house.send(alice.call("POST", "/account/address", [("email", "al@example.com")])).status == 303)
        let change = try await house.path(of: .confirmAddress, to: "al@example.com")
        secrets.add(String(change.split(separator: "/").last ?? ""))
        errors.append(await house.send(bob.call("POST", change)))
        #expect(await house.send(alice.call("POST", change)).status == 303)
        let undo = try await house.path(of: .addressChanged, to: "alice@example.com")
        secrets.add(String(undo.split(separator: "/").last ?? ""))
        await fail(house, alice, bob, program, links: [link, second, invite, change, undo], &errors)
        #expect(await house.send(alice.call("POST", undo, [("email", "alice@example.com")])).status == 303)
        #expect(await house.send(bob.call("POST", "/users/log-out")).status == 303)
    }

    /// Everything goes wrong that can, with these secrets in hand.
    private func fail(
        _ house: House, _ alice: Caller, _ bob: Caller, _ program: Caller, links: [String], _ errors: inout [Answer]
    ) async {
        var calls: [Call] = []
        for link in links {
            let token = String(link.split(separator: "/").last ?? "")
            calls.append(alice.call("PUT", link))
            calls.append(bob.call("POST", link, token: "stale"))
            calls.append(Call(path: "/api/jobs/\(token)", headers: ["Authorization: Bearer \(program.key ?? "")"]))
            calls.append(Call(path: "/nowhere/at/all/\(token)?t=\(token)"))
            calls.append(Call(path: "/nowhere/at/all/\(token)?t=\(token)", headers: ["Accept: text/html"]))
            calls.append(Call(path: link, headers: ["Prikke-Hop: 1"]))
        }
        let key = program.key ?? ""
        calls += [
            program.call("POST", "/api/api-keys", json: #"{"name": "\#(key)", "scopes": ["\#(key)"]}"#),
            program.call("POST", "/api/jobs", json: #"{"key": "\#(key)"}"#), program.call("GET", "/api/members?cursor=\(key)"),
            Call(path: "/api/members?key=\(key)"), Call(path: "/api/members", headers: ["Authorization: Bearer \(key)x"]),
            Call(path: "/api/members", headers: ["Authorization: \(key)"]),
            Call(method: "POST", path: "/acme/leave", headers: ["Cookie: \(alice.cookies.joined(separator: "; "))"], body: "%zz"),
            Call(method: "POST", path: "/acme/leave", headers: ["Cookie: \(alice.cookies.joined(separator: "; "))"], body: "_token=x"),
        ]
        for call in calls {
            let answer = await house.send(call)
            if answer.status >= 400 { errors.append(answer) }
        }
    }
}
