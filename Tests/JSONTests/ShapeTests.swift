import JSON
import Testing

/// Much like a job: nested, with choices, a secret, defaults, one-of and a check.
private let job = Shape.object([
    Field("id", .string(), readOnly: true),
    Field("name", .string(1...5), required: true, help: "A short name."),
    Field("method", .choice(["GET", "POST"]), default: "GET"),
    Field("token", .string(8...10), secret: true),
    Field("limit", .integer(0...10), default: 3),
    Field("ratio", .number(0...1)),
    Field("enabled", .boolean, default: true),
    Field("tags", .list(of: .string(1...3, format: .characters(first: "a-z", "a-z0-9-", hint: "Use lower-case letters.")), 0...2)),
    Field("headers", .map(of: .string(0...20), keys: .characters("A-Za-z-", hint: "Not a header name."), 0...2)),
    Field("body", .string(0...100, multiline: true), nullable: true),
    Field("backoff", .either([.choice(["fixed", "exponential"]), .list(of: .integer(1...60))])),
    Field(
        "schedule",
        .object([Field("cron", .string()), Field("every", .string()), Field("zone", .string())], exactlyOneOf: ["cron", "every"])),
])

@Suite struct ShapeTests {
    @Test(arguments: [
        ("Nightly", true), ("Zażółć ✓ 日本", true), ("👩\u{200D}💻", true), ("می\u{200C}خواهم", true), ("ad\u{200D}min", false),
        ("a\u{202E}b", false), ("a\u{200B}", false), ("\u{FEFF}a", false), ("a\u{2066}b\u{2069}", false), ("a\u{E0041}", false),
    ])
    func aNameHoldsNothingThatNobodySees(name: String, isVisible: Bool) {
        #expect(TextFormat.visible.accepts(name) == isVisible)
    }

    @Test func defaultsAreFilledInAndTheOrderIsThatOfTheDeclaration() throws {
        let value = try job.validate(["enabled": false, "name": "abc"])
        #expect(value.text == #"{"name":"abc","method":"GET","limit":3,"enabled":false}"#)
    }

    @Test func theDefaultOfAnObjectGetsItsMembersDefaults() throws {
        let retries = Shape.object([Field("limit", .integer(), default: 5), Field("backoff", .string(), nullable: true, default: .null)])
        let shape = Shape.object([Field("retries", retries, default: [:])])
        #expect(try shape.validate([:]) == ["retries": ["limit": 5, "backoff": nil]])
    }

    @Test func aChangeNeedsNothingAndGetsNoDefaults() throws {
        #expect(try job.validate(["limit": 4], partial: true) == ["limit": 4])
        #expect(errors(["limit": 44, "x": 1], partial: true) == ["/limit out_of_range", "/x unknown_field"])
    }

    @Test(
        arguments: [
            (["name": "abcdef"], "/name too_long"), (["name": ""], "/name too_short"), (["name": 5], "/name wrong_type"),
            (["name": nil], "/name wrong_type"), (["name": "a\nb"], "/name invalid_format"),
            (["name": "a", "extra": 1], "/extra unknown_field"),
            (["name": "a", "a/b~c": 1], "/a~1b~0c unknown_field"), ([:], "/name required"), ([], " wrong_type"), ("text", " wrong_type"),
            (["name": "a", "id": "x"], "/id read_only"),
            (["name": "a", "method": "get"], "/method not_allowed"), (["name": "a", "method": ["GET"]], "/method wrong_type"),
            (["name": "a", "limit": 11], "/limit out_of_range"), (["name": "a", "limit": "3"], "/limit wrong_type"),
            (["name": "a", "limit": 2.5], "/limit wrong_type"), (["name": "a", "limit": 1e300], "/limit wrong_type"),
            (["name": "a", "ratio": 1.5], "/ratio out_of_range"), (["name": "a", "enabled": "true"], "/enabled wrong_type"),
            (["name": "a", "enabled": 1], "/enabled wrong_type"),
            (["name": "a", "tags": ["ok", "NO"]], "/tags/1 invalid_format"), (["name": "a", "tags": ["a", "b", "c"]], "/tags too_long"),
            (["name": "a", "headers": ["X-A": "ok\r\nX: y"]], "/headers/X-A invalid_format"),
            (["name": "a", "headers": ["X A": "ok"]], "/headers/X A invalid_format"),
            (["name": "a", "backoff": "never"], "/backoff not_allowed"),
            (["name": "a", "backoff": [1, 61]], "/backoff/1 out_of_range"), (["name": "a", "backoff": 5], "/backoff wrong_type"),
            (["name": "a", "schedule": ["zone": "UTC"]], "/schedule required"),
            (["name": "a", "schedule": ["cron": "x", "every": "5m"]], "/schedule/every not_allowed"),
        ] as [(JSON, String)])
    func oneMistakeIsOneErrorWithItsPointer(value: JSON, expected: String) {
        #expect(errors(value) == [expected])
    }

    @Test(
        arguments: [
            ["name": "a", "body": nil], ["name": "a", "body": "two\nlines"], ["name": "a", "limit": 3.0],
            ["name": "a", "backoff": [1, 2]],
            ["name": "ééééé"], ["name": "a", "schedule": ["cron": "x"]], ["name": "a", "ratio": 1],
        ] as [JSON])
    func whatIsRightIsTaken(value: JSON) {
        #expect(errors(value) == [])
    }

    @Test func everyMistakeIsNamedAtOnce() {
        #expect(
            errors(["name": "", "limit": -1, "x": 1, "tags": ["A"]]) == [
                "/name too_short", "/limit out_of_range", "/tags/0 invalid_format", "/x unknown_field",
            ])
    }

    @Test func errorsNeverRepeatWhatWasSent() {
        let error = #expect(throws: InvalidInput.self) { try job.validate(["name": "a", "token": "s3cret", "method": "s3cret"]) }
        #expect(error?.errors.count == 2)
        #expect(error?.errors.allSatisfy { !$0.detail.contains("s3cret") } == true)
    }

    @Test func aFloodOfErrorsIsCut() {
        let flood = JSON.object(JSONObject((0..<5_000).map { ("k\($0)", JSON.null) }))
        let error = #expect(throws: InvalidInput.self) { try job.validate(flood) }
        #expect(error?.errors.count == InvalidInput.mostErrors)
    }

    @Test func aCheckSeesDefaultsAndOnlyWhatIsRight() {
        let shape = Shape.object([Field("from", .integer(), default: 5), Field("to", .integer(), required: true)]).checked { value in
            guard let from = value["from"]?.int, let to = value["to"]?.int, from > to else { return [] }
            return [FieldError(pointer: "/to", code: "out_of_range", detail: "Must not be before from.")]
        }
        let outer = Shape.object([Field("range", shape)])
        #expect(errors(["range": ["to": 3]], outer) == ["/range/to out_of_range"])
        #expect(errors(["range": ["to": "3"]], outer) == ["/range/to wrong_type"])
        #expect(errors(["range": ["to": 6]], outer) == [])
    }

    @Test func theKindDecidesWhichMembersThereAre() throws {
        let shape = Shape.variants(
            by: "plugin", default: "http", common: [Field("name", .string())],
            [
                ("http", [Field("config", .object([Field("url", .string(), required: true)]), required: true)]),
                ("tcp", [Field("port", .integer(1...65_535))]),
            ]
        )
        #expect(try shape.validate(["config": ["url": "x"]]) == ["plugin": "http", "config": ["url": "x"]])
        #expect(try shape.validate(["plugin": "tcp", "port": 22, "name": "ssh"]) == ["plugin": "tcp", "name": "ssh", "port": 22])
        #expect(errors(["plugin": "tcp", "config": [:]], shape) == ["/config unknown_field"])
        #expect(errors(["config": [:]], shape) == ["/config/url required"])
        #expect(errors(["plugin": "ftp"], shape) == ["/plugin not_allowed"])
        #expect(errors(["plugin": 5], shape) == ["/plugin wrong_type"])
        #expect(shape.schema["oneOf"]?.array?.count == 2)
    }

    @Test(
        arguments: [
            (Shape.integer(), "50", 50), (.integer(), "+5", "+5"), (.integer(), " 5", " 5"), (.integer(), "5.0", "5.0"),
            (.boolean, "true", true),
            (.boolean, "1", "1"), (.number(), "2.5", 2.5), (.string(), "50", "50"),
        ] as [(Shape, String, JSON)])
    func textOfAQueryBecomesTheValueItStandsFor(shape: Shape, text: String, expected: JSON) {
        #expect(shape.value(fromText: text) == expected)
    }

    private func errors(_ value: JSON, _ shape: Shape = job, partial: Bool = false) -> [String] {
        do throws(InvalidInput) {
            _ = try shape.validate(value, partial: partial)
            return []
        } catch {
            return error.errors.map { "\($0.pointer) \($0.code)" }
        }
    }
}

@Suite struct SchemaTests {
    @Test func theSchemaSaysWhatValidationDoes() {
        let schema = job.schema
        #expect(schema["additionalProperties"] == false)
        #expect(schema["required"] == ["name"])
        let members = schema["properties"]
        #expect(members?["name"]?["maxLength"] == 5)
        #expect(members?["name"]?["description"] == "A short name.")
        #expect(members?["method"] == ["type": "string", "enum": ["GET", "POST"], "default": "GET"])
        #expect(members?["limit"] == ["type": "integer", "format": "int64", "minimum": 0, "maximum": 10, "default": 3])
        #expect(members?["tags"]?["items"]?["pattern"] == "^[a-z][a-z0-9-]*$")
        #expect(members?["body"]?["anyOf"]?.array?.last == ["type": "null"])
        #expect(members?["id"]?["readOnly"] == true)
        #expect(members?["schedule"]?["oneOf"] == [["required": ["cron"]], ["required": ["every"]]])
    }

    @Test func anAnswerHasAllItsMembers() {
        let answer = Shape.object([Field("id", .string()), Field("limit", .integer(), default: 3)]).complete
        #expect(answer.schema["required"] == ["id", "limit"])
        #expect(answer.schema["properties"]?["limit"]?["default"] == nil)
    }

    @Test func aNamedShapeIsWrittenOnceAndReferredTo() {
        let retry = Shape.object([Field("limit", .integer())]).named("Retry")
        var components = JSONObject()
        let schema = Shape.object([Field("a", retry), Field("b", .list(of: retry))]).schema(components: &components)
        #expect(schema["properties"]?["a"] == ["$ref": "#/components/schemas/Retry"])
        #expect(schema["properties"]?["b"]?["items"] == ["$ref": "#/components/schemas/Retry"])
        #expect(components.keys == ["Retry"])
        #expect(components["Retry"]?["properties"]?["limit"] != nil)
    }
}
