import Hummingbird
import Mustache

/// The templates, parsed once, and how a page becomes an answer. They are compiled into the program: it needs no folder
/// beside it.
struct Views: Sendable {
    /// Every template under its name; a new file is a new line here.
    static let templates: [String: [UInt8]] = [
        "layout": PackageResources.layout_mustache,
        "landing": PackageResources.landing_mustache,
        "demo": PackageResources.demo_mustache,
        "status": PackageResources.status_mustache,
        "error": PackageResources.error_mustache,
        "mailbox": PackageResources.mailbox_mustache,
        "mail": PackageResources.mail_mustache,
    ]

    private let library: MustacheLibrary

    /// Throws where a template does not parse.
    init() throws {
        var library = MustacheLibrary()
        for (name, bytes) in Self.templates { try library.register(String(decoding: bytes, as: UTF8.self), named: name) }
        self.library = library
    }

    /// The page in its layout, as HTML.
    func html(_ page: some Page, assets: Assets) -> String {
        let body = library.render(page, withTemplate: type(of: page).template) ?? ""
        let chrome = Chrome(title: page.title, stylesheet: assets.stylesheet.url, icon: assets.icon.url, body: body)
        return library.render(chrome, withTemplate: "layout") ?? ""
    }
}
