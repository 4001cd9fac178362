import JSON
import Testing

/// Shapes that are made of others: of a change, of an answer, and their examples.
@Suite struct ShapeVariantsTests {
    private let job = Shape.variants(
        by: "plugin", default: "http",
        common: [
            Field("id", .string(), readOnly: true, example: "job_1"), Field("name", .string(1...5), example: "a"),
            Field("retries", .object([Field("limit", .integer(0...9), default: 3), Field("wait", .string())]), default: [:]),
            Field("schedule", .object([Field("cron", .string()), Field("every", .string())], exactlyOneOf: ["cron", "every"])),
        ],
        [
            (
                "http",
                [
                    Field(
                        "config", .object([Field("url", .string(), required: true), Field("tags", .map(of: .string(1...3)))]),
                        required: true)
                ]
            )
        ])

    private func codes(_ patch: JSON) -> [String] {
        do {
            _ = try job.mergePatch(replacing: ["schedule"]).validate(patch)
            return []
        } catch { return error.errors.map { "\($0.pointer) \($0.code)" } }
    }

    @Test func aPatchNeedsNothingAndFillsNothingIn() throws {
        let patch = job.mergePatch(replacing: ["schedule"])
        #expect(try patch.validate([:]) == [:])
        #expect(try patch.validate(["retries": ["wait": "1m"]]) == ["retries": ["wait": "1m"]])
        #expect(try patch.validate(["name": nil, "config": ["tags": ["a": nil]], "plugin": nil]).object?.count == 3)
    }

    @Test func aPatchIsHeldAgainstTheSameRules() {
        #expect(codes(["name": "too long"]) == ["/name too_long"])
        #expect(codes(["nmae": nil]) == ["/nmae unknown_field"])
        #expect(codes(["id": "job_2"]) == ["/id unknown_field"])
        #expect(codes(["config": ["url": 1]]) == ["/config/url wrong_type"])
        #expect(codes(["config": ["tags": ["a": "long"]]]) == ["/config/tags/a too_long"])
        // Replaced as a whole, so that it must be right by itself.
        #expect(codes(["schedule": [:]]) == ["/schedule required"])
        #expect(codes(["schedule": ["cron": "a", "every": "b"]]) == ["/schedule/every not_allowed"])
    }

    @Test func anAnswerHasWhatHasADefaultAndWhatWeSet() {
        let answer = job.filled
        let whole: JSON = [
            "plugin": "http", "id": "job_1", "retries": ["limit": 3], "schedule": ["cron": "a"], "config": ["url": "b"],
        ]
        #expect(answer.faults(inAnswer: whole) == [])
        for name in ["id", "retries", "config", "plugin"] {
            var part = whole.object ?? [:]
            part[name] = nil
            #expect(answer.faults(inAnswer: .object(part)).map(\.pointer) == ["/\(name)"])
        }
        var more = whole.object ?? [:]
        more["surprise"] = 1
        #expect(answer.faults(inAnswer: .object(more)).map(\.code) == ["unknown_field"])
    }

    @Test func anExampleOfAnAnswerIsOne() {
        let example = job.filled.example(isAnswer: true)
        #expect(job.filled.faults(inAnswer: example) == [])
        #expect(example["id"] == "job_1" && example["retries"]?["limit"] == 3 && example["schedule"] == nil)
        #expect(job.example() == ["name": "a", "config": ["url": "a"]])
    }

    @Test func aSecretIsMarkedAndNullIsAType() {
        let schema = Shape.object([Field("key", .either([.string(), .null]), secret: true)]).schema
        #expect(schema["properties"]?["key"]?["x-secret"] == true)
        #expect(schema["properties"]?["key"]?["anyOf"]?.array?.last == ["type": "null"])
    }

    @Test func prettyIsTheSameForPeople() throws {
        let value: JSON = ["short": [1, 2], "long": .array(Array(repeating: "0123456789", count: 9)), "empty": [:]]
        #expect(value.pretty.hasPrefix("{\n  \"short\": [1, 2],\n  \"long\": [\n    \"0123456789\",\n"))
        #expect(try JSON(parsing: Array(value.pretty.utf8)) == value)
    }
}
