import Foundation
import JSON
import Scheduling
import Testing

@testable import Prikke

/// The crontabs in `Crontabs`, with what each line must become beside them.
@Suite struct CrontabTests {
    struct Fixture: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let expected: [JSON]
        var testDescription: String { name }
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Crontabs")

    static let fixtures: [Fixture] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".crontab") }.sorted().map { file in
            let name = String(file.dropLast(".crontab".count))
            let expected = (try? String(contentsOf: folder.appending(path: name + ".expected"), encoding: .utf8)) ?? ""
            return Fixture(
                name: name, text: String(decoding: (try? Data(contentsOf: folder.appending(path: file))) ?? Data(), as: UTF8.self),
                expected: expected.split(separator: "\n").compactMap { try? JSON(parsing: Array($0.utf8)) })
        }
    }()

    @Test func thereAreTwentyOfThem() { #expect(Self.fixtures.count >= 20) }

    /// By its own, simple reading: blank, comment, or a name and `=`.
    private static func countingLines(of text: String) -> [Int64] {
        text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            let isVariable = line.firstMatch(of: /^\s*["']?[A-Za-z_][A-Za-z0-9_]*["']?\s*=/) != nil
            return isVariable || line.firstMatch(of: /^\s*(#|$)/) != nil ? nil : Int64(index + 1)
        }
    }

    @Test(arguments: fixtures) func everyLineHasOneOutcome(_ fixture: Fixture) {
        let lines = Crontab(fixture.text).json["lines"]?.array ?? []
        #expect(lines.compactMap { $0["line"]?.int } == Self.countingLines(of: fixture.text))
    }

    @Test(arguments: fixtures) func eachLineBecomesWhatItShould(_ fixture: Fixture) {
        let lines = (Crontab(fixture.text).json["lines"]?.array ?? []).map { line -> JSON in
            var members = line.object ?? [:]
            members["detail"] = Optional<JSON>.none
            return .object(members)
        }
        for (line, expected) in zip(lines, fixture.expected) { #expect(line == expected, "\(line.text)") }
        #expect(lines.count == fixture.expected.count)
    }

    @Test(arguments: fixtures) func whatIsSkippedIsExplained(_ fixture: Fixture) {
        var words: [String] = []
        let crontab = Crontab(fixture.text)
        crontab.report { words.append($0) }
        for line in crontab.json["lines"]?.array ?? [] where line["do"] == "skip" {
            let number = line["line"]?.int ?? 0
            #expect(line["detail"]?.string?.hasSuffix(".") == true || line["reason"] == "bad-schedule", "\(line.text)")
            #expect(words.contains { $0.hasPrefix("line \(number): skipped (\(line["reason"]?.string ?? "")): ") })
        }
    }

    @Test(arguments: fixtures) func theFileIsOneThatSyncTakes(_ fixture: Fixture) async throws {
        let crontab = Crontab(fixture.text)
        let reading = try await YAMLReading.read(Array(crontab.yaml(from: "\(fixture.name)\nevil: true").utf8))
        #expect(reading.json["jobs"] == .array(crontab.jobs.map(\.json)), "written and read again")
        _ = try SyncShape.document(.known).validate(reading.json)
        let keys = (reading.json["jobs"]?.array ?? []).compactMap { $0["key"]?.string }
        #expect(Set(keys).count == keys.count)
    }
}

/// What is said about single lines.
@Suite struct CrontabLineTests {
    private func job(_ command: String, _ before: String = "") throws -> ImportedJob {
        let crontab = Crontab(before + "* * * * * " + command, isOfSystem: false)
        guard case .job(let job)? = crontab.lines.last?.outcome else { throw Skipped(line: crontab.json.text) }
        return job
    }
    private struct Skipped: Error { let line: String }

    @Test func aLockThatIsNotWaitedForIsOverlap() throws {
        #expect(try job("flock -n /tmp/l curl https://a.example/").json(key: "a")["overlap"] == "skip")
        #expect(try job("flock -w 5 /tmp/l curl https://a.example/").json(key: "a")["overlap"] == nil)
    }

    @Test func theShortestLimitCounts() throws {
        #expect(try job("timeout 2m curl -m 20 https://a.example/").timeoutMs == 20_000)
        #expect(try job("timeout 5 curl -m 20 https://a.example/").timeoutMs == 5_000)
        #expect(try job("curl -m 0 https://a.example/").timeoutMs == nil, "0 is no limit")
        let long = try job("curl -m 3600 https://a.example/")
        #expect(long.timeoutMs == 900_000)
        #expect(long.notes.contains { $0.contains("900000 ms") })
    }

    @Test func retriesAndRedirectsAreCarriedOver() throws {
        let json = try job("curl -L --retry 3 https://a.example/").json(key: "a")
        #expect(json["retries"] == ["limit": 3])
        #expect(json["config"]?["follow_redirects"] == true)
        #expect(try job("wget -t 3 -qO- https://a.example/").json(key: "a")["retries"] == ["limit": 2])
    }

    @Test(arguments: [
        ("a.example/x/../y/./z?q=/../", "http://a.example/y/z?q=/../"),
        ("'http://a.example/[1]?x=[é]\\%'", "http://a.example/%5B1%5D?x=%5B%C3%A9%5D%25"),
        ("http://a.example/..", "http://a.example/"), ("'http://a.example/\\%41'", "http://a.example/%41"),
        ("'http://a.example/?' -G -d q=1", "http://a.example/?q=1"),
        ("http://a.example", "http://a.example"),
    ])
    func theURLIsTheOneThatCurlAsksFor(arguments: String, url: String) throws {
        #expect(try job("curl -g \(arguments)").request.url == url)
    }

    @Test func aWaitWithinTheMinuteIsAFieldOfSeconds() throws {
        let json = try job("sleep 30; curl https://a.example/").json(key: "a")
        #expect(json["schedule"] == ["cron": "30 * * * * *", "seconds": true])
    }

    @Test(arguments: [("usleep 5000;", 0), ("usleep 2000000;", 2), ("sleep 20 &", 0), ("sleep 5; sleep 20 &", 5), ("(sleep 20;", 20)])
    func onlyAWaitBeforeTheRequestIsOne(before: String, delay: Int64) throws {
        #expect(try job(before + " curl https://a.example/" + (before.hasPrefix("(") ? ") & wait" : "")).delay == delay)
    }

    @Test func bytesOfAnotherEncodingAreNotChanged() {
        let latin = Array("NAME=caf".utf8) + [0xE9] + Array("\n* * * * * curl -d caf".utf8) + [0xE9]
        let text = String(decoding: latin, as: UTF8.self)
        let crontab = Crontab(text + " https://a.example/\n* * * * * curl -d $NAME https://a.example/", isOfSystem: false)
        #expect(crontab.json["lines"]?.array?.map { $0["reason"] } == ["bad-line", "variable"])
        #expect(crontab.notes.contains { $0.contains("line 1") && $0.contains("NAME") })
    }

    @Test func theKeysOfOneAddressAreNumbered() {
        let paths = ["x", "x", "x-2", "x"]
        let lines = paths.map { "* * * * * curl https://a.example/\($0)" }
        let keys = Crontab(lines.joined(separator: "\n"), isOfSystem: false).jobs.map { $0.json["key"]?.string }
        #expect(keys == ["a.example/x", "a.example/x-2", "a.example/x-2-2", "a.example/x-3"])
    }

    @Test(arguments: [
        ("curl -k https://a.example/", "certificate"), ("curl https://a.example/x%20y", "%"),
        ("curl http://localhost/", "PRIKKE_ALLOW_NETWORKS"),
        ("curl https://a.example/ || mail -s x y@example.com", "alerts"), ("curl https://a.example/ | logger", "logger"),
        ("curl https://a.example/ >> /var/log/a.log", "/var/log/a.log"), ("wget https://a.example/", "keeps the answers"),
        ("curl https://a.example/?a=1&b=2", "&"), ("sleep $RANDOM; curl https://a.example/", "starts at once"),
        ("curl -X post https://a.example/", "POST"),
    ])
    func whatIsLostIsSaid(command: String, word: String) throws {
        let notes = try job(command).notes
        #expect(notes.contains { $0.contains(word) }, "\(notes)")
    }

    @Test(arguments: [
        "curl -fsS https://a.example/ > /dev/null 2>&1", "[ -x /usr/bin/curl ] && curl -sS https://a.example/",
        "curl https://a.example/ || true",
    ])
    func whatIsNotLostIsNotSaid(command: String) throws { #expect(try job(command).notes == []) }

    @Test func mailIsNamed() {
        #expect(Crontab("MAILTO=a@example.com\n").notes.contains { $0.contains("a@example.com") && $0.contains("alerts") })
    }

    @Test func aColumnOfUsersIsSeen() {
        #expect(Crontab("* * * * * root curl https://a.example/\n").isOfSystem)
        #expect(!Crontab("* * * * * curl https://a.example/\n").isOfSystem)
        #expect(!Crontab("* * * * * root curl https://a.example/\n", isOfSystem: false).isOfSystem)
        #expect(!Crontab("* * * * * backup now\n* * * * * curl https://a.example/\n").isOfSystem)
    }

    @Test func aZoneOfOnesOwnIsForLinesWithout() {
        let crontab = Crontab(
            "0 1 * * * curl https://a.example/\nCRON_TZ=Asia/Tokyo\n0 2 * * * curl https://a.example/", zone: "Europe/Oslo")
        #expect(crontab.json["lines"]?.array?.map { $0["timezone"] } == ["Europe/Oslo", "Asia/Tokyo"])
    }

    @Test func aHostileLineEnds() {
        for hostile in [
            "curl " + String(repeating: "(", count: 100_000), "curl " + String(repeating: "$(", count: 50_000),
            "curl '" + String(repeating: "a", count: 1_000_000),
        ] {
            #expect(Crontab("* * * * * " + hostile).lines.count == 1)
        }
    }
}

@Suite struct SyncPageTests {
    @Test func thePageNamesEveryReason() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/sync.md").standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        for reason in CrontabSkip.Reason.allCases { #expect(text.contains("| `\(reason.rawValue)` |")) }
    }
}
