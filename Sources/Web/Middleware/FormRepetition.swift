import HTTPTypes
import Hummingbird

/// A form of ours that carries no good token any more: it was made for another session than the browser has now.
struct StaleForm: Answerable {
    /// What was typed; empty where it is not certain that a page of ours sent it.
    let parameters: [FormParameter]

    var problem: Problem { .staleForm }
}

/// A session may end in the middle of a form. What was typed is not lost by that: the answer holds all of it, to be sent again by a button
/// when whoever typed it is signed in. Nothing is done until then.
///
/// Only forms of those who are signed in, and none whose address holds a token of a mail. What came from another site has been refused
/// before; of a form without a good token the browser itself must have said that a page of ours sent it, for here it gets a good one.
struct FormRepetition: Sendable {
    let people: People
    let pages: Pages

    /// The page, for somebody whose session is over; nil where there is nothing to be lost.
    func answer(signedOut request: Request, _ context: VisitorContext) -> Response? {
        page(request, context.formParameters ?? [], context)
    }

    /// The page with a token that is good now; nil as above.
    func answer(_ stale: StaleForm, _ request: Request, _ context: VisitorContext) async throws -> Response? {
        guard page(request, stale.parameters, context) != nil else { return nil }
        return try await SessionFinder(people: people).handle(request, context: context) { request, context in
            page(request, stale.parameters, context) ?? pages.error(.staleForm, context)
        }
    }

    private func page(_ request: Request, _ parameters: [FormParameter], _ context: VisitorContext) -> Response? {
        guard request.method == .post, !parameters.isEmpty, Paths.mayBeRepeated(context.endpointPath ?? ""),
            let path = ReturnPath(request.uri.description)?.path
        else { return nil }
        let form = Form(
            to: path, token: context.viewer.formToken,
            fields: parameters.map { FormField(name: $0.name, kind: .hidden, value: $0.value) }, button: "Send again")
        let page: PlainPage
        if let person = context.person {
            page = PlainPage(
                "Send it once more",
                ["You have signed in since you opened the form, so nothing was done yet. You are \(person.user.email) now.", Self.kept],
                forms: [form])
        } else {
            page = PlainPage(
                "You are signed out",
                ["Your session is over, so nothing was done yet.", Self.kept + " Sign in in another tab, then come back here."],
                tab: ("Sign in (opens another tab)", Paths.signIn), forms: [form])
        }
        return pages.answer(page, to: context.viewer, context.person == nil ? .unauthorized : .forbidden)
    }

    private static let kept = "All that you typed is kept on this page."
}

extension Paths {
    /// Whether a route's form may be shown to be sent again: those that only somebody who is signed in can send, and that have no token of
    /// a mail in their address.
    static func mayBeRepeated(_ route: String) -> Bool {
        route.hasPrefix("/{slug}/") || [address, organizations, accountDeletion].contains(route)
    }

    /// How many bytes a route's form may have. A job's holds a body of up to 256 KiB, each byte of which the encoding may write as three,
    /// a line's end as six.
    static func largestForm(of route: String) -> Int {
        [newJob, jobEdit, jobPreview, jobTest, jobRun, executionRetry].contains(route) ? 2_097_152 : FormReader.largest
    }
}
