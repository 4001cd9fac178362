import Hummingbird
import JSON

/// Light, dark, or what the system says: kept by the browser, so that the first paint is right.
enum ThemeSwitch {
    static let fields = [
        Field("theme", .choice(Theme.allCases.map(\.rawValue)), required: true), Field("return_to", .string(0...2_000)),
    ]

    /// Back to the page where the switch was.
    @Sendable static func change(_ form: SubmittedForm, _ context: VisitorContext) throws -> Response {
        let values = try form.values()
        var response = Response.seeOther(ReturnPath(values["return_to"]?.string)?.path ?? Paths.landing)
        let theme = values["theme"]?.string.flatMap(Theme.init) ?? .system
        let cookie = theme == .system ? .removal(of: .theme) : SetCookie(.theme, theme.rawValue, maxAge: .seconds(365 * 86_400))
        response.set(cookie, for: context.client)
        return response
    }
}
