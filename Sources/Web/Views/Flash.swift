import HTTPTypes
import Hummingbird

/// What the next page says once: "Invite sent." Kept by the browser till then.
enum Flash {
    /// A cookie is what anybody may have written: of what is no plain sentence, nothing is shown.
    static func text(_ cookie: String?) -> String {
        guard let cookie, cookie.utf8.count <= 1_200, !cookie.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return "" }
        return cookie
    }

    /// Takes the text from the handler, who does not know the client, to `ViewerFinder`, who does; never leaves the server.
    fileprivate static let header = HTTPField.Name.named("Prikke-Flash")
}

extension Response {
    /// The same answer, after which the next page says `text`, once. It is shown as text, whatever it holds.
    func flashing(_ text: String) -> Response {
        var response = self
        response.headers[Flash.header] = PercentEncoding.encode(String(text.unicodeScalars.prefix(300)))
        return response
    }

    /// Makes a cookie of what was to be said.
    mutating func keepFlash(for client: Client) {
        guard let text = headers[Flash.header].flatMap({ PercentEncoding.decode($0) }) else { return }
        headers[Flash.header] = nil
        set(SetCookie(.flash, text, maxAge: .seconds(60)), for: client)
    }

    /// Answers a form that did what it was to do: the browser shows the page at `path`, and loading it again sends nothing again.
    /// A path that is none of ours, or too long for one, leads to the landing page.
    static func seeOther(_ path: String) -> Response {
        Response(status: .seeOther, headers: [.location: ReturnPath(path)?.path ?? Paths.landing])
    }
}
