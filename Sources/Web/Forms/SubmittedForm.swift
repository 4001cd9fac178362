import HTTPTypes
import Hummingbird
import JSON

/// A form that was sent from a page of ours: what stands in it, held against the same declaration that the API goes by.
struct SubmittedForm: Sendable {
    /// What was sent, without the token.
    let parameters: [FormParameter]
    let fields: [Field]

    /// The valid values with their defaults. A field that is left blank counts as absent. Throws all that is wrong.
    func values() throws(InvalidInput) -> JSONObject {
        var members = JSONObject()
        var twice: [FieldError] = []
        for name in names {
            let field = fields.first { $0.name == name }
            let texts = texts(of: name)
            let sent = texts.filter { !$0.allSatisfy(\.isWhitespace) }
            if texts.count > 1, field?.shape.isList != true {
                twice.append(FieldError(pointer: "/\(name)", code: "not_allowed", detail: "This came twice; send it once."))
            } else if !sent.isEmpty || field == nil {
                members[name] = field?.shape.value(fromTexts: sent) ?? .string("")
            }
        }
        guard twice.isEmpty else { throw InvalidInput(errors: twice) }
        return try Shape.object(fields).validate(.object(members)).object ?? [:]
    }

    /// What was typed or chosen under that name, lines ended as everywhere but in forms.
    func texts(of name: String) -> [String] {
        parameters.filter { $0.name.utf8.elementsEqual(name.utf8) }.map(\.value.withFormLines)
    }

    private var names: [String] {
        parameters.map(\.name).reduce(into: []) { names, name in if !names.contains(name) { names.append(name) } }
    }

    /// Answers with what `accept` makes of the valid values. Where something is invalid, by the declaration or by what `accept`
    /// throws, answers 422 with the page that `redraw` makes of the form, which shows all input and each error beside its field.
    func answer(
        redrawing form: Form, with redraw: (Form) async throws -> Response, accepting accept: (JSONObject) async throws -> Response
    ) async throws -> Response {
        do {
            return try await accept(try values())
        } catch let invalid as InvalidInput {
            var response = try await redraw(form.showing(self, invalid))
            response.status = .unprocessableContent
            return response
        }
    }
}
