import Documents

/// The pages for everybody, as links.
enum SiteMap {
    /// All of them, for the foot of each.
    static func parts(at path: String, isVisitor: Bool) -> [Chrome.MapPart] {
        let doors = isVisitor ? [("Sign up", Paths.signUp), ("Sign in", Paths.signIn)] : [("Account", Paths.account)]
        let site = [("About", Paths.landing), ("Status", Paths.status)] + doors
        let reference = [
            ("API", Paths.apiDocs), ("Errors", Paths.errorPages), ("OpenAPI", OpenAPI.path), ("llms.txt", Paths.forLanguageModels),
        ]
        return [
            Chrome.MapPart(mapLabel: "Prikke", mapLinks: links(site, at: path)),
            Chrome.MapPart(mapLabel: "Docs", mapLinks: links(documents, at: path)),
            Chrome.MapPart(mapLabel: "Reference", mapLinks: links(reference, at: path)),
        ]
    }

    /// The documentation's, for the head of its pages.
    static func docs(at path: String) -> [Navigation.Link] {
        let all = [("Docs", Paths.docs)] + documents + [("API", Paths.apiDocs), ("Errors", Paths.errorPages)]
        return links(all, at: path)
    }

    private static let documents = Document.all.map { ($0.title, Paths.document($0.name)) }

    private static func links(_ links: [(String, String)], at path: String) -> [Navigation.Link] {
        links.map { label, target in
            let isBelow = target != Paths.landing && target != Paths.docs && path.hasPrefix(target + "/")
            return Navigation.Link(label, target, isHere: path == target || isBelow)
        }
    }
}
