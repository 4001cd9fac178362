import HTTPTypes
import Hummingbird
import JSON

extension RouterMethods where Context: PageContext {
    /// A route that a form of ours is posted to, with the fields that the form has. `handle` gets what was sent only after
    /// `FormGuard` has seen that it came from a page of ours.
    @discardableResult
    func post(
        _ path: String, form fields: [Field], use handle: @escaping @Sendable (SubmittedForm, Context) async throws -> Response
    ) -> Self {
        on(RouterPath(path), method: .post) { _, context in
            guard let parameters = context.formParameters else { throw Problem.staleForm }
            return try await handle(SubmittedForm(parameters: parameters, fields: fields), context)
        }
    }
}
