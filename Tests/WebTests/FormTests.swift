import JSON
import Testing

@testable import Web

@Suite struct FormTests {
    private static let fields = [
        Field("name", .string(1...10), required: true, label: "Name", help: "What others see."), Field("size", .integer(1...9), default: 5),
        Field("scopes", .list(of: .choice(["read", "write"]))), Field("note", .string(0...100, multiline: true)),
    ]

    private func submit(_ query: String) throws -> SubmittedForm {
        SubmittedForm(
            parameters: try QueryString.parse(query).map { FormParameter(name: $0.name, value: $0.value) }, fields: Self.fields)
    }

    private func errors(_ query: String) throws -> [String] {
        let form = try submit(query)
        do throws(InvalidInput) {
            _ = try form.values()
            return []
        } catch {
            return error.errors.map { "\($0.pointer) \($0.code)" }
        }
    }

    @Test func whatIsTypedBecomesWhatTheAPIWouldGet() throws {
        let values = try submit("name=Ada+L%C3%A9&size=7&scopes=read&scopes=write&note=a%0D%0Ab").values()
        #expect(values == ["name": "Ada Lé", "size": 7, "scopes": ["read", "write"], "note": "a\nb"])
    }

    @Test func whatIsBlankIsAbsent() throws {
        #expect(try submit("name=Ada&size=&scopes=&note=+%0D%0A").values() == ["name": "Ada", "size": 5])
        #expect(try errors("name=++") == ["/name required"])
    }

    @Test(arguments: [
        ("size=1", "/name required"), ("name=Ada&name=Eve", "/name not_allowed"), ("name=&name=Eve", "/name not_allowed"),
        ("name=Ada&role=owner", "/role unknown_field"), ("name=Ada&role=", "/role unknown_field"),
        ("name=Ada&role=a&role=b", "/role not_allowed"), ("name=Ada&size=10", "/size out_of_range"),
        ("name=Ada&size=%2B1", "/size wrong_type"),
        ("name=Ada&scopes=read&scopes=own", "/scopes/1 not_allowed"), ("name=Adaaaaaaaaaaaaa", "/name too_long"),
        ("name=a%0Ab", "/name invalid_format"), ("name%5B%5D=Ada&name=Ada", "/name[] unknown_field"),
    ])
    func whatIsInvalidIsNamed(query: String, error: String) throws {
        #expect(try errors(query) == [error])
    }

    private static let form = Form(
        to: "/things", token: "t&k",
        fields: [
            FormField(fields[0], value: "before", autocomplete: "name"),
            FormField(
                name: "size", kind: .select, label: "Size", value: "5",
                options: [.init(value: "5", label: "Five"), .init(value: "12", label: "Twelve")]),
            FormField(
                name: "scopes", kind: .checkboxes, label: "Scopes",
                options: [.init(value: "read", label: "Read"), .init(value: "write", label: "Write")], chosen: ["read"]),
            FormField(name: "note", kind: .textarea, label: "Note", placeholder: "For example…"),
            FormField(name: "version", kind: .hidden, value: "3"),
        ], button: "Make thing", cancel: "/things")

    private struct FormPage: Page {
        static let template = "sample"
        static let samples = [FormPage(form: [FormTests.form])]
        let title = "Things"
        let form: [Form]
    }

    private func html(_ form: Form) throws -> String { try Views().partial("form", form) }

    @Test func aFormShowsItsFieldsWithLabelsAndHelp() throws {
        let html = try html(Self.form)
        for part in [
            "<form class=\"form\" method=\"post\" action=\"/things\" novalidate>", "name=\"_token\" value=\"t&amp;k\"",
            "<label for=\"form-name\">Name</label>", "id=\"form-name\" type=\"text\" name=\"name\" value=\"before\"",
            "autocomplete=\"name\"",
            "aria-describedby=\"form-name-help\"", "id=\"form-name-help\">What others see.</p>",
            "<option value=\"5\" selected>Five</option>",
            "<option value=\"12\">Twelve</option>", "<legend>Scopes</legend>", "value=\"read\" checked>Read", "value=\"write\">Write",
            "placeholder=\"For example…\"", "<input type=\"hidden\" name=\"version\" value=\"3\">",
            "<button class=\"primary\">Make thing</button>",
            "<a href=\"/things\">Cancel</a>",
        ] { #expect(html.contains(part), "\(part)") }
        #expect(!html.contains("aria-invalid") && !html.contains("autofocus") && !html.contains("{{"))
    }

    @Test func everyErrorStandsBesideItsFieldAndAllInputIsKept() throws {
        let submitted = try submit("name=%3Cscript%3E%22%27&size=12&scopes=write&note=%0Aa%3C%2Ftextarea%3E&version=9")
        let invalid = InvalidInput(errors: [
            FieldError(pointer: "/size", code: "out_of_range", detail: "Use 1 to 9."),
            FieldError(pointer: "/note", code: "too_long", detail: "Say less."),
            FieldError(pointer: "/scopes/0", code: "x", detail: "Not that."),
            FieldError(pointer: "", code: "x", detail: "Something <else>."),
            FieldError(pointer: "/role", code: "unknown_field", detail: "No such member."),
        ])
        let html = try html(Self.form.showing(submitted, invalid))
        for part in [
            "value=\"&lt;script&gt;&quot;&#39;\"", "<option value=\"5\">", "<option value=\"12\" selected>",
            "value=\"read\" aria-invalid=\"true\">Read",
            "value=\"write\" aria-invalid=\"true\" checked>", "aria-describedby=\"form-size-error\" aria-invalid=\"true\" autofocus>",
            "id=\"form-size-error\">Use 1 to 9.</p>", "id=\"form-note-error\">Say less.</p>", ">Not that.</p>",
            "<p>Something &lt;else&gt;.</p>", "<p>No such member.</p>", ">\n\na&lt;/textarea&gt;</textarea>",
            "name=\"version\" value=\"3\"",
        ] { #expect(html.contains(part), "\(part)") }
        #expect(html.split(separator: "autofocus").count == 2)
    }

    @Test func theTagsOfFormsAreAnswered() {
        let templates = Views.templates.mapValues { String(decoding: $0, as: UTF8.self) }
            .merging(["sample": "{{#form}}{{> form}}{{/form}}"]) { $1 }
        #expect(TemplateFaults(in: "sample", of: templates, page: FormPage.samples[0]).found == [])
        let button = PostButton("Remove", to: "/x", token: "t", about: "Ada", [("id", "1")])
        #expect(TemplateFaults(in: "postbutton", of: templates, page: button).found == [])
    }

    @Test func aButtonNamesItsSubject() throws {
        let html = try Views().partial(
            "postbutton", PostButton("Remove", to: "/x", token: "t", about: "<Ada>", [("id", "1")]))
        #expect(html.contains("<input type=\"hidden\" name=\"id\" value=\"1\">"))
        #expect(html.contains("<button>Remove<span class=\"unseen\"> &lt;Ada&gt;</span></button>"))
    }
}
