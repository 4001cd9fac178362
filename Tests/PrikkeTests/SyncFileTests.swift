import Foundation
import JSON
import Scheduling
import Testing

@testable import Prikke

@Suite struct YAMLReadingTests {
    private func read(_ text: String) async throws -> JSON { try await YAMLReading.read(Array(text.utf8)).json }

    private func mistake(_ text: String) async -> YAMLReading.Mistake? {
        do throws(YAMLReading.Mistake) {
            _ = try await YAMLReading.read(Array(text.utf8))
            return nil
        } catch { return error }
    }

    @Test(
        arguments: [
            ("on", "on"), ("yes", "yes"), ("No", "No"), ("12:30:00", "12:30:00"), ("2026-11-23", "2026-11-23"), ("1_000", "1_000"),
            ("0o17", 15),
            ("0x1F", 31), ("010", 10), ("-7", -7), ("+7", 7), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), ("true", true),
            ("FALSE", false),
            ("~", .null), ("null", .null), ("", .null), ("\"1\"", "1"), ("'true'", "true"), ("!!str 5", "5"), ("*/5 * * * *", nil),
            ("\"*/5 * * * *\"", "*/5 * * * *"),
            ("0 2 * * 1-5", "0 2 * * 1-5"), ("9223372036854775807", 9_223_372_036_854_775_807), ("1.2.3", "1.2.3"), ("-", nil),
            ("1e", "1e"), (".", "."),
        ] as [(String, JSON?)])
    func plainScalarsGoByTheCoreSchema(text: String, expected: JSON?) async throws {
        let json = try? await read("a: \(text)")
        #expect(json?["a"] == expected || (expected == nil && json?["a"]?.string == nil))
    }

    @Test(arguments: [
        ("a: 1\nb: [1, 2\n", 3, "not YAML"), ("a: 1\n  b: 2\n", 2, "not YAML"), ("a: 1\na: 2\n", 1, "comes twice"),
        ("a: 99999999999999999999", 1, "64 bits"),
        ("a: \"\\0\"", 1, "NUL"), ("a: .inf", 1, "no such number"), ("a: !!binary aGk=", 1, "tag"), ("a: !secret x", 1, "tag"),
        ("a:\n  *b", 2, "alias"),
        ("--- 1\n--- 2\n", 2, "another document"), ("", 1, "empty"), ("? [a]\n: b\n", 1, "name"), ("a: \u{1}", 1, "not YAML"),
        ("a: 1e999", 1, "64 bits"),
    ])
    func whatIsWrongIsNamedWithItsLine(text: String, line: Int, word: String) async throws {
        let mistake = try #require(await mistake(text))
        #expect(mistake.line == line)
        #expect(mistake.sentence.contains(word), "\(mistake.sentence)")
    }

    @Test func aliasesAndMergeKeysAreRead() async throws {
        let text = """
            jobs:
              - &base {key: a, retries: {limit: 2}, tags: [x]}
              - <<: *base
                key: b
              - *base
            """
        #expect(
            try await read(text) == [
                "jobs": [
                    ["key": "a", "retries": ["limit": 2], "tags": ["x"]], ["key": "b", "retries": ["limit": 2], "tags": ["x"]],
                    ["key": "a", "retries": ["limit": 2], "tags": ["x"]],
                ]
            ])
    }

    @Test func aBombOfAliasesIsRefused() async throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...8 {
            text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        #expect(try #require(await mistake(text)).sentence.contains("aliases"))
    }

    @Test func nestingIsBounded() async throws {
        for levels in [70, 900, 200_000] {
            #expect(await mistake("a: " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels)) != nil)
        }
    }

    @Test func otherBytesThanUTF8AreNamedWithTheirLine() async throws {
        do throws(YAMLReading.Mistake) {
            _ = try await YAMLReading.read(Array("a: 1\nb: ".utf8) + [0xFF])
            Issue.record("it was read")
        } catch { #expect(error.line == 2 && error.sentence.contains("UTF-8")) }
    }

    @Test func aPointerLeadsToItsPlace() async throws {
        let reading = try await YAMLReading.read(
            Array("jobs:\n  - key: a\n    config:\n      url: ftp://x\n      headers: {X/Y~: 1}\n".utf8))
        let url = reading.place.find("/jobs/0/config/url")
        #expect((url.line, url.column) == (4, 7))
        let header = reading.place.find("/jobs/0/config/headers/X~1Y~0")
        #expect((header.line, header.column) == (5, 17))
        let missing = reading.place.find("/jobs/0/schedule/cron")
        #expect((missing.line, missing.column) == (2, 5), "where it would be")
        #expect(Place.path("/jobs/3/config/headers/X-A") == "jobs[3].config.headers[\"X-A\"]")
    }
}

@Suite struct YAMLTextTests {
    @Test(arguments: [
        "plain", "", "yes", "no", "null", "1", "1.5", "- a", "a: b", "# c", "'", "\"", "\\", "å", "a\nb", "a\tb", "\u{7F}", "\u{85}",
        "\u{2028}", "x\u{FEFF}",
        "*", "&a", "!t", "%", "@", "`", "~", " a ", "12:30", "{}", "[]", "?", "😀", "\u{1B}[31m",
    ])
    func aTextReadsBackAsItWas(_ text: String) async throws {
        var yaml = YAMLText()
        yaml.members(["a": .string(text), "b": [.string(text)], "c": ["d": .string(text), "e": [["f": .string(text)]]]])
        if !text.isEmpty { yaml.members([text: 1]) }
        let json = try await YAMLReading.read(Array(yaml.text.utf8)).json
        #expect(json["a"] == .string(text) && json["b"] == [.string(text)])
        #expect(json["c"]?["d"] == .string(text) && json["c"]?["e"]?.array?.first?["f"] == .string(text))
        if !text.isEmpty { #expect(json.object?[text] == 1) }
    }
}

@Suite struct PulledJobsTests {
    /// As the server answers a job of which this was said.
    private func answered(_ said: JSON) throws -> JSON {
        var members = try JobShape.draft(.known).validate(said).object ?? [:]
        for (name, value) in ["id": "job_x", "health": "healthy", "warnings": [], "managed_by": .null] as JSONObject {
            members[name] = value
        }
        for name in ["key", "start_deadline"] where members[name] == nil { members[name] = .null }
        members["retries"] = ["limit": 0, "backoff": "exponential", "initial": "30s", "maximum": "1h"]
        return .object(members)
    }

    @Test func onlyWhatWasSaidIsWritten() throws {
        let said: JSON = ["key": "a", "name": "A", "config": ["url": "https://a.example/"], "schedule": ["every": "5m"], "tags": ["x"]]
        #expect(PulledJobs([try answered(said)]).jobs.map(JSON.object) == [said])
    }

    @Test func theFileReadsBackAsTheJobs() async throws {
        let said: JSON = [
            "key": "b", "name": "B: one", "config": ["url": "https://a.example/", "headers": ["Authorization": "***"]],
            "schedule": ["cron": "0 2 * * *"],
        ]
        let pulled = PulledJobs([try answered(said)])
        #expect(try await YAMLReading.read(Array(pulled.yaml.utf8)).json == ["jobs": [said]])
        #expect(pulled.notes.contains { $0.contains("***") })
    }

    @Test func aJobWithoutAKeyIsLeftOutAndNamed() throws {
        let pulled = PulledJobs([try answered(["config": ["url": "https://a.example/"]])])
        #expect(pulled.jobs.isEmpty && pulled.yaml.contains("jobs: []"))
        #expect(pulled.notes.contains { $0.contains("1 job without a key") })
    }
}

@Suite struct SyncShapeTests {
    @Test func aJobNeedsItsKey() throws {
        let job: JSON = ["config": ["url": "https://a.example/"]]
        #expect(throws: InvalidInput.self) { try SyncShape.document(.known).validate(["jobs": [job]]) }
        var named = job.object ?? [:]
        named["key"] = "a"
        let document = try SyncShape.document(.known).validate(["jobs": [.object(named)]])
        #expect(document["delete_removed"] == false && document["dry_run"] == false && document["adopt"] == false)
        #expect(document["jobs"]?.array?.first?["missed"] == "last")
    }

    @Test func theSchemaForEditorsKnowsAFilesMembersAlone() {
        let schema = SyncShape.editorSchema(.known)
        #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
        #expect(schema["properties"]?.object?.keys == ["jobs", "delete_removed"])
        #expect(schema["properties"]?["jobs"]?["items"]?["required"]?.array?.contains("key") == true)
    }
}

@Suite struct SyncAnswerTests {
    private let answer = SyncAnswer(
        json: [
            "applied": false, "summary": ["created": 1, "restored": 0, "adopted": 0, "updated": 1, "deleted": 1, "unchanged": 7],
            "confirm_delete": 1,
            "changes": [
                ["action": "create", "key": "a", "id": .null, "name": "A", "fields": []],
                [
                    "action": "update", "key": "b", "id": "job_b", "name": "B\u{1B}[2J",
                    "fields": [
                        ["field": "/schedule/cron", "before": "0 2 * * *", "after": "0 3 * * *"],
                        ["field": "/tags", "before": .null, "after": ["x"]],
                    ],
                ],
                ["action": "delete", "key": "c", "id": "job_c", "name": "C", "fields": []],
            ],
        ])

    @Test func aPlanReadsLikeADiff() {
        let text = """
            + a  A
            ~ b  B[2J
                /schedule/cron: "0 2 * * *" → "0 3 * * *"
                /tags: null → ["x"]
            - c  C
            Plan: 1 to create, 1 to change, 1 to delete, 7 unchanged.
            """
        #expect(answer.text(coloured: false) == text)
        #expect(answer.mustConfirm == 1)
    }

    @Test func coloursAreForTheFirstLineOfAChange() { #expect(answer.text(coloured: true).hasPrefix("\u{1B}[32m+ a  A\u{1B}[0m\n")) }

    @Test func nothingToDoIsSaid() {
        #expect(
            SyncAnswer(json: ["applied": true, "summary": ["unchanged": 1], "changes": []]).text(coloured: true)
                == "Nothing to do: 1 job is as the file says.")
    }
}
