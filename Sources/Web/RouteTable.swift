import HTTPTypes
import Hummingbird

/// Which methods each path answers. The router itself says only "not found", for an unknown path and for a wrong method.
struct RouteTable: Sendable {
    let routes: [(path: RouterPath, method: HTTPRequest.Method)]

    init(_ routes: [Router<VisitorContext>.RouteDescription]) {
        self.routes = routes.map { ($0.path, $0.method) }
    }

    /// The methods that would be answered at this path, GET together with HEAD, and OPTIONS, in alphabetical order; empty for a path
    /// that nothing answers. As in the router, a word that is declared goes before a parameter: who has `/organizations` does not
    /// have what `/{slug}` answers. A mailed link is not to be looked at by HEAD.
    func methods(at path: String) -> [String] {
        let parts = path.split(separator: "/")
        let matching = routes.filter { $0.path.count == parts.count && zip($0.path, parts).allSatisfy { $0 ~= $1 } }
        let nearest = matching.map { Self.words($0.path, parts) }.max { $0.lexicographicallyPrecedes($1) }
        let there = matching.filter { Self.words($0.path, parts) == nearest }
        let methods = Set(there.map(\.method.rawValue))
        let isLink = there.contains { Paths.mailedLinks.contains($0.path.description) }
        guard !methods.isEmpty else { return [] }
        return methods.union(methods.contains("GET") && !isLink ? ["HEAD", "OPTIONS"] : ["OPTIONS"]).sorted()
    }

    /// Which parts of a path stand in the route as they are: 1, and 0 for a parameter.
    private static func words(_ route: RouterPath, _ parts: [Substring]) -> [Int] {
        zip(route, parts).map { $0.description == $1 ? 1 : 0 }
    }
}
